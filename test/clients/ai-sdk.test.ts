import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, Output, streamText, tool } from "ai";
import { beforeAll, describe, expect, it } from "vitest";
import { demoTenant, type DemoTenant } from "./demo-tenant.ts";

describe("the Vercel AI SDK's OpenAI-compatible provider", () => {
  let tenant: DemoTenant;
  let provider: ReturnType<typeof createOpenAICompatible>;

  beforeAll(async () => {
    tenant = await demoTenant();
    provider = createOpenAICompatible({
      name: "signalbox",
      baseURL: `${tenant.baseUrl}/v1`,
      apiKey: tenant.inferenceKey,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
  });

  it("generates text through a routed model", async () => {
    const { text, usage, finalStep } = await generateText({
      model: provider("auto"),
      prompt: "Summarise this report in three sentences: sales rose.",
      maxRetries: 0,
    });
    expect(text).toContain("sales rose");
    expect(usage.totalTokens).toBeGreaterThan(0);
    expect(finalStep.response.headers?.["x-signalbox-decision"]).toMatch(/^dec_/);
  });

  it("streams text", async () => {
    const result = streamText({ model: provider("auto"), prompt: "Translate to French: good morning", maxRetries: 0 });
    let text = "";
    for await (const part of result.textStream) text += part;
    expect(text).toContain("good morning");
    expect(await result.finishReason).toBe("stop");
    expect((await result.usage).totalTokens).toBeGreaterThan(0);
  });

  it("calls tools", async () => {
    const { toolCalls } = await generateText({
      model: provider("auto"),
      prompt: "What is the weather in Bern?",
      tools: {
        weather: tool({
          description: "Weather of a city",
          inputSchema: jsonSchema<{ city: string }>({
            type: "object",
            properties: { city: { type: "string" } },
            required: ["city"],
          }),
        }),
      },
      toolChoice: { type: "tool", toolName: "weather" },
      maxRetries: 0,
    });
    expect(toolCalls[0]).toMatchObject({ toolName: "weather", input: { city: expect.any(String) as string } });
  });

  it("gets structured output", async () => {
    const { output } = await generateText({
      model: provider("auto"),
      prompt: "Give me a status",
      output: Output.object({
        schema: jsonSchema<{ status: string }>({
          type: "object",
          properties: { status: { type: "string", enum: ["ok", "bad"] } },
          required: ["status"],
          additionalProperties: false,
        }),
      }),
      maxRetries: 0,
    });
    expect(["ok", "bad"]).toContain(output.status);
  });
});

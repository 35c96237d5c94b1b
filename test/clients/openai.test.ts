import OpenAI from "openai";
import { beforeAll, describe, expect, it } from "vitest";
import { demoTenant, type DemoTenant } from "./demo-tenant.ts";

describe("the official openai SDK", () => {
  let tenant: DemoTenant;
  let client: OpenAI;

  beforeAll(async () => {
    tenant = await demoTenant();
    client = new OpenAI({ baseURL: `${tenant.baseUrl}/v1`, apiKey: tenant.inferenceKey, maxRetries: 0 });
  });

  it("gets a routed completion with usage and a receipt", async () => {
    const { data, response } = await client.chat.completions
      .create({ model: "auto", messages: [{ role: "user", content: "Write a Python function that reverses a list" }] })
      .withResponse();
    expect(data.object).toBe("chat.completion");
    expect(data.choices[0]?.message.content).toContain("reverses a list");
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-signalbox-decision")).toMatch(/^dec_/);
    expect(response.headers.get("x-signalbox-router")).toBe("default@1");
    expect(response.headers.get("x-signalbox-source")).toBe("engine");
    expect(response.headers.get("x-signalbox-attempts")).toBe("1");
    expect(response.headers.get("server-timing")).toMatch(/auth;dur=.*decide;dur=.*upstream;dur=/);
  });

  it("streams, and the chunks join to the whole answer", async () => {
    const stream = await client.chat.completions.create({
      model: "auto",
      messages: [{ role: "user", content: "Plan my week around two dentist appointments" }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let finish: string | null = null;
    let usage = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage?.total_tokens ?? usage;
    }
    expect(text).toContain("dentist");
    expect(finish).toBe("stop");
    expect(usage).toBeGreaterThan(0);
  });

  it("runs the SDK's own tool loop", async () => {
    const asked: string[] = [];
    const runner = client.chat.completions.runTools({
      model: "auto",
      messages: [{ role: "user", content: "What is the weather in Bern?" }],
      tool_choice: { type: "function", function: { name: "weather" } },
      tools: [
        {
          type: "function",
          function: {
            name: "weather",
            description: "Weather of a city",
            parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
            parse: (text: string) => JSON.parse(text) as { city: string },
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return "sunny";
            },
          },
        },
      ],
    });
    await runner.done();
    expect(asked).toHaveLength(1);
    expect(typeof asked[0]).toBe("string");
  });

  it("honours an explicit model without routing", async () => {
    const { response } = await client.chat.completions
      .create({ model: "echo-large", messages: [{ role: "user", content: "hello" }] })
      .withResponse();
    expect(response.headers.get("x-signalbox-source")).toBe("explicit");
    expect(response.headers.get("x-signalbox-model")).toBe("echo-large");
    expect(response.headers.get("x-signalbox-policy")).toBeNull();
  });

  it("lists models and routers, and finds one by id", async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toEqual(expect.arrayContaining(["auto", "router/default", "echo-small", "echo-large", "echo-code"]));
    expect((await client.models.retrieve("echo-small")).id).toBe("echo-small");
  });

  it("raises the SDK's own error classes with code and request id", async () => {
    const messages = [{ role: "user" as const, content: "hello" }];
    const stranger = new OpenAI({ baseURL: `${tenant.baseUrl}/v1`, apiKey: "sk-not-ours", maxRetries: 0 });
    await expect(stranger.chat.completions.create({ model: "auto", messages })).rejects.toMatchObject({
      constructor: OpenAI.AuthenticationError,
      status: 401,
      code: "invalid_api_key",
      requestID: expect.stringMatching(/^req_/) as string,
    });
    await expect(client.chat.completions.create({ model: "no-such", messages })).rejects.toMatchObject({
      constructor: OpenAI.NotFoundError,
      code: "model_not_found",
      param: "model",
    });
    await expect(client.chat.completions.create({ model: "auto", messages: [] })).rejects.toMatchObject({
      constructor: OpenAI.BadRequestError,
      param: "messages",
    });
  });
});

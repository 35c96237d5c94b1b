import { ChatOpenAI } from "@langchain/openai";
import { beforeAll, describe, expect, it } from "vitest";
import { demoTenant, type DemoTenant } from "./demo-tenant.ts";

describe("LangChain's ChatOpenAI", () => {
  let tenant: DemoTenant;
  let chat: ChatOpenAI;

  beforeAll(async () => {
    tenant = await demoTenant();
    chat = new ChatOpenAI({
      model: "auto",
      apiKey: tenant.inferenceKey,
      maxRetries: 0,
      configuration: { baseURL: `${tenant.baseUrl}/v1` },
    });
  });

  it("invokes a routed model", async () => {
    const answer = await chat.invoke([
      ["system", "You are terse."],
      ["human", "Fix this error: TypeError: x is not a function"],
    ]);
    expect(answer.text).toContain("TypeError");
    expect(answer).toMatchObject({ usage_metadata: { input_tokens: expect.any(Number) as number } });
  });

  it("streams", async () => {
    let text = "";
    for await (const chunk of await chat.stream("Draft an email to my landlord")) text += chunk.text;
    expect(text).toContain("landlord");
  });

  it("binds tools", async () => {
    const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const bound = chat.bindTools([{ type: "function", function: { name: "weather", parameters } }], {
      tool_choice: "weather",
    });
    const answer = await bound.invoke("Weather in Bern?");
    expect(answer.tool_calls?.[0]).toMatchObject({ name: "weather", args: { city: expect.any(String) as string } });
  });
});

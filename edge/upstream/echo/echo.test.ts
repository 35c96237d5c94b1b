import { describe, expect, it } from "vitest";
import { Meter, parseObject } from "../meter.ts";
import { SseDecoder } from "../sse.ts";
import { echo } from "./echo.ts";
import { sampleOfSchema } from "./sample-of-schema.ts";

/** The parts of an answer or chunk that the tests look at. */
interface Said {
  readonly content?: string;
  readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[];
}
interface Answer {
  readonly choices: readonly { readonly message: Said; readonly delta: Said; readonly finish_reason: string }[];
  readonly usage: Readonly<Record<"prompt_tokens" | "completion_tokens" | "total_tokens", number>>;
}

async function ask(fields: Record<string, unknown>): Promise<Response> {
  const body = JSON.stringify({
    model: "echo-large",
    messages: [{ role: "user", content: "Wie spät ist es? 🕛" }],
    ...fields,
  });
  const call = {
    baseUrl: null,
    credential: null,
    headers: {},
    body,
    callId: "dec_1",
    nowMs: 1_763_373_600_000,
  };
  const network = () => Promise.reject(new Error("echo has no network"));
  return echo.exchange(call, network, new AbortController().signal);
}

const answerTo = async (fields: Record<string, unknown>) => (await (await ask(fields)).json()) as Answer;

async function streamed(fields: Record<string, unknown>) {
  const bytes = new Uint8Array(await (await ask({ stream: true, ...fields })).arrayBuffer());
  const events = new SseDecoder().push(bytes).flatMap((block) => block.event ?? []);
  const meter = new Meter();
  for (const event of events) meter.observe(event);
  return { meter, chunks: events.flatMap(({ data }) => parseObject(data) ?? []) as unknown as Answer[] };
}

describe("the echo provider", () => {
  it("answers what it was asked, as which model, with usage", async () => {
    const answer = await answerTo({});
    expect(answer).toMatchObject({ object: "chat.completion", model: "echo-large", created: 1_763_373_600 });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { role: "assistant", content: "echo-large was asked: Wie spät ist es? 🕛" },
    });
    expect(answer.usage.total_tokens).toBe(answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  it.each([
    [{ max_tokens: 9 }, "echo-large was asked: Wie spät ist e", "length", 9],
    [{ max_completion_tokens: 10 }, "echo-large was asked: Wie spät ist es? ", "length", 10],
    [{ max_completion_tokens: 11, max_tokens: 1 }, "echo-large was asked: Wie spät ist es? 🕛", "stop", 11],
  ])("says no more than %j allow, and cuts no character", async (limit, content, finish_reason, completion_tokens) => {
    const answer = await answerTo(limit);
    expect(answer.choices[0]).toMatchObject({ finish_reason, message: { content } });
    expect(answer.usage).toMatchObject({ completion_tokens });
  });

  it("streams the same answer in several chunks, complete and with usage on request", async () => {
    const { meter, chunks } = await streamed({ stream_options: { include_usage: true } });
    const said = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "");
    expect(said.join("")).toBe("echo-large was asked: Wie spät ist es? 🕛");
    expect(said.filter((text) => text !== "").length).toBeGreaterThan(2);
    expect(meter).toMatchObject({ done: true, finishReason: "stop" });
    expect(meter.usage).not.toBeNull();
    expect((await streamed({})).meter.usage).toBeNull();
  });

  it("gives as many choices as it was asked for, and counts each", async () => {
    const [one, three] = [await answerTo({}), await answerTo({ n: 3 })];
    expect(three.choices).toMatchObject([0, 1, 2].map((index) => ({ index, message: one.choices[0]?.message })));
    expect(three.usage.completion_tokens).toBe(3 * one.usage.completion_tokens);
    expect((await streamed({ n: 3 })).meter.hasFinished(3)).toBe(true);
  });

  it("reads text out of content parts and names the others", async () => {
    const content = [
      { type: "text", text: "look:" },
      { type: "image_url", image_url: { url: "data:," } },
    ];
    const answer = await answerTo({ messages: [{ role: "user", content }] });
    expect(answer.choices[0]!.message.content).toBe("echo-large was asked: look: [image_url]");
  });

  it("makes a call it is forced to make, streamed and not, and no other", async () => {
    const parameters = {
      type: "object",
      properties: { place: { type: "string" }, days: { type: "integer", minimum: 1 } },
    };
    const tools = [{ type: "function", function: { name: "weather", parameters } }];
    const forced = { tools, tool_choice: { type: "function", function: { name: "weather" } } };
    const answer = await answerTo(forced);
    const made = answer.choices[0]!.message.tool_calls![0]!;
    expect(made).toMatchObject({ type: "function", function: { name: "weather" } });
    expect(JSON.parse(made.function.arguments)).toEqual({ place: "Wie spät ist es? 🕛", days: 1 });
    const { meter, chunks } = await streamed(forced);
    const parts = chunks.map((chunk) => chunk.choices[0]?.delta.tool_calls?.[0]?.function.arguments ?? "");
    expect(parts.join("")).toBe(made.function.arguments);
    expect(meter.finishReason).toBe("tool_calls");
    expect((await answerTo({ tools })).choices[0]!.finish_reason).toBe("stop");
  });

  it("answers in the format asked for", async () => {
    const schema = { type: "object", properties: { status: { type: "string", enum: ["ok"] } }, required: ["status"] };
    const strict = await answerTo({ response_format: { type: "json_schema", json_schema: { name: "s", schema } } });
    expect(JSON.parse(strict.choices[0]!.message.content!)).toEqual({ status: "ok" });
    const loose = await answerTo({ response_format: { type: "json_object" } });
    expect(JSON.parse(loose.choices[0]!.message.content!)).toMatchObject({ model: "echo-large" });
  });
});

describe("a sample of a schema", () => {
  it.each([
    [{ const: 7 }, 7],
    [{ enum: ["a", "b"] }, "a"],
    [{ type: ["string", "null"] }, "text"],
    [{ anyOf: [{ type: "boolean" }, { type: "null" }] }, true],
    [{ type: "array", items: { type: "number" } }, [0]],
    [{ properties: { a: { type: "object" } } }, { a: {} }],
    [true, null],
  ])("of %j is %j", (schema, expected) => expect(sampleOfSchema(schema, "text")).toEqual(expected));

  it("of a schema that holds itself has an end", () => {
    const schema: Record<string, unknown> = { type: "object" };
    schema["properties"] = { again: schema };
    expect(JSON.stringify(sampleOfSchema(schema, "text")).length).toBeLessThan(500);
  });
});

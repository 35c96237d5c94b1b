import { describe, expect, it } from "vitest";
import { ANSWER, STREAMS, USAGE_CHUNK } from "../upstreams/recordings.ts";
import { chat, MESSAGES, receiptOf, useScene } from "./scene.ts";

const scene = useScene();

const bytes = (text: string) => new TextEncoder().encode(text);
const inPieces = (text: string, size: number) => {
  const all = bytes(text);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.subarray(index * size, (index + 1) * size),
  );
};

describe("a streamed answer", () => {
  it.each([
    "text",
    "toolCall",
    "parallelToolCalls",
    "textWithUsage",
    "comments",
    "crlf",
    "errorInside",
    "withoutDone",
  ] as const)("reaches a client that asked for usage byte for byte: %s", async (name) => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.stream(inPieces(STREAMS[name], 13)));
    const body = { model: "auto", messages: MESSAGES, stream: true, stream_options: { include_usage: true } };
    const answer = await chat(key, body);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await answer.text()).toBe(STREAMS[name]);
  });

  it("lacks only the usage chunk when the client did not ask for usage, which is recorded all the same", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.stream(inPieces(STREAMS.textWithUsage, 17)));
    const answer = await chat(key, { model: "main", messages: MESSAGES, stream: true });
    expect(await answer.text()).toBe(STREAMS.textWithUsage.replace(USAGE_CHUNK, ""));
    expect(JSON.parse(upstream.calls[0]!.body)).toMatchObject({ stream_options: { include_usage: true } });
    expect(await receiptOf(tenant, answer)).toMatchObject({
      status: "completed",
      finish_reason: "stop",
      usage: { input_tokens: 19, cached_input_tokens: 8, output_tokens: 10, reasoning_tokens: 4, estimated: false },
    });
  });

  it("is metered by what was delivered when the provider counts nothing", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.stream([STREAMS.text]));
    const answer = await chat(key, { model: "main", messages: MESSAGES, stream: true });
    await answer.text();
    const spoken = bytes("Grüße aus 東京 🚉.").length;
    expect(await receiptOf(tenant, answer)).toMatchObject({
      usage: { estimated: true, input_tokens: 6, output_tokens: Math.ceil(spoken / 4) },
    });
  });

  it("is passed on while it is made: the second chunk is sent only when the client holds the first", async () => {
    const { key, upstream } = scene();
    const events = STREAMS.text.split(/(?<=\n\n)/);
    const client = Promise.withResolvers<undefined>();
    upstream.answer(async (call) => {
      const stream = call.openStream();
      stream.write(events[0]);
      await client.promise;
      stream.end(events.slice(1).join(""));
    });
    const answer = await chat(key, { model: "auto", messages: MESSAGES, stream: true });
    const reader = answer.body!.getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toBe(events[0]);
    client.resolve(undefined);
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read())
      rest += Buffer.from(part.value).toString();
    expect(rest).toBe(events.slice(1).join(""));
  });
});

describe("an answer in one piece", () => {
  it("reaches the client byte for byte, under the headers that may pass", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) =>
      call.respond(
        200,
        {
          "content-type": "application/json",
          "openai-processing-ms": "42",
          "set-cookie": "session=1",
          "x-signalbox-model": "forged",
          "cf-ray": "1",
        },
        ANSWER,
      ),
    );
    const answer = await chat(key, { model: "main", messages: MESSAGES });
    expect(await answer.text()).toBe(ANSWER);
    expect(answer.headers.get("openai-processing-ms")).toBe("42");
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.headers.get("cf-ray")).toBeNull();
    expect(answer.headers.get("x-signalbox-model")).toBe("main");
    const receipt = await receiptOf(tenant, answer);
    expect(receipt).toMatchObject({
      http_status: 200,
      stream: false,
      usage: { input_tokens: 19, output_tokens: 10, estimated: false },
    });
    expect(receipt["cost_usd"]).toBeCloseTo((11 * 1 + 8 * 0.5 + 10 * 2) / 1e6, 12);
  });
});

describe("a request", () => {
  it("reaches the provider as the client wrote it, but for the model's name", async () => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const text = `{
      "model": "auto", "seed": 9007199254740993, "temperature": 1.0, "x_vendor": {"2": [1e2, null], "1": "\\u00fc"},
      "messages": [
        {"role": "system", "content": "be brief", "name": "op"},
        {"role": "user", "content": [{"type": "text", "text": "what is this? 東京"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}}]},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\\"at\\": 1}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "a station"},
        {"role": "user", "content": "and now?"}
      ],
      "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "integer"}}}, "strict": true}}],
      "tool_choice": {"type": "function", "function": {"name": "look"}}, "parallel_tool_calls": false,
      "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
      "logit_bias": {"50256": -100}, "__proto__": {"polluted": true}, "n": 1
    }`;
    const answer = await chat(key, text.replace('"auto"', '"seeing"'));
    expect(answer.status).toBe(200);
    const compact = (json: string) => json.replaceAll(/(?<=[,:{[\]}])\s+|\s+(?=[{[\]}])/g, "");
    expect(compact(upstream.calls[0]!.body)).toBe(compact(text));
  });

  it("brings the tenant's credential and none of the client's headers but the allowed", async () => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const headers = {
      cookie: "a=b",
      "x-forwarded-for": "9.9.9.9",
      "openai-beta": "x=v1",
      "openai-organization": "theirs",
    };
    await chat(key, { model: "main", messages: MESSAGES }, { headers });
    const sent = upstream.calls[0]!.headers;
    expect(sent).toMatchObject({ authorization: "Bearer sk-acme", "openai-beta": "x=v1", "user-agent": "signalbox" });
    for (const name of ["cookie", "x-forwarded-for", "openai-organization", "cf-connecting-ip"]) {
      expect(sent).not.toHaveProperty(name);
    }
    expect(JSON.stringify(sent)).not.toContain(key);
  });
});

import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { call } from "../stack/tenant.ts";
import { ANSWER } from "../upstreams/recordings.ts";
import { MESSAGES, useScene } from "./scene.ts";

const scene = useScene();
const PATHS = ["/v1/chat/completions", "/v1/route"];
const ask = (fields: object) => ({ model: "auto", messages: MESSAGES, ...fields });
const said = (message: unknown) => ({ model: "auto", messages: [message] });

/** Sends bytes as they are, also those that `fetch` would not send. */
function sendRaw(path: string, key: string, body: Uint8Array | "endless"): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const outgoing = request(stack().baseUrl + path, { method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    if (body !== "endless") outgoing.end(body);
    else for (let sent = 0; sent < 9; sent += 1) outgoing.write(new Uint8Array(1024 * 1024).fill(0x20));
    if (body === "endless") outgoing.end();
  });
}

describe.each(PATHS)("a wrong body on %s", (path) => {
  it.each([
    ["nothing", "", null],
    ["not JSON", '{"model":', null],
    ["a list", "[]", null],
    ["a string", '"auto"', null],
    ["null", "null", null],
    ["no model", JSON.stringify({ messages: MESSAGES }), "model"],
    ["a model that is no string", JSON.stringify(ask({ model: 7 })), "model"],
    ["an empty model", JSON.stringify(ask({ model: "" })), "model"],
    ["no messages", JSON.stringify({ model: "auto" }), "messages"],
    ["empty messages", JSON.stringify(ask({ messages: [] })), "messages"],
    ["messages that are no list", JSON.stringify(ask({ messages: "hi" })), "messages"],
    ["a message that is no object", JSON.stringify(said("hi")), "messages[0]"],
    ["a message without a role", JSON.stringify(said({ content: "hi" })), "messages[0].role"],
    ["a role that is no string", JSON.stringify(said({ role: 1, content: "hi" })), "messages[0].role"],
    ["content that is a number", JSON.stringify(said({ role: "user", content: 1 })), "messages[0].content"],
    [
      "a content part without a type",
      JSON.stringify(said({ role: "user", content: [{}] })),
      "messages[0].content[0].type",
    ],
    ["tools that are no list", JSON.stringify(ask({ tools: {} })), "tools"],
    [
      "nesting without end",
      `{"model":"auto","messages":[{"role":"user","content":"x"}],"x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
      null,
    ],
  ])("is refused: %s", async (_case, body, param) => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const answer = await call(path, key, { body });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ type: "invalid_request_error", code: "invalid_request_error", param });
    expect(answer.headers.get("x-request-id")).toBeTruthy();
    expect(upstream.calls).toHaveLength(0);
  });

  it("is refused when it is not UTF-8, and when it is too large without saying so", async () => {
    const { key } = scene();
    const valid = new TextEncoder().encode(JSON.stringify(ask({})));
    const broken = valid.slice();
    broken[broken.indexOf("h".charCodeAt(0), 30)] = 0xff;
    const notUtf8 = await sendRaw(path, key, broken);
    expect(notUtf8.status).toBe(400);
    expect(JSON.parse(notUtf8.text)).toMatchObject({ error: { code: "invalid_request_error" } });
    const huge = await sendRaw(path, key, "endless");
    expect(huge.status).toBe(413);
    expect(JSON.parse(huge.text)).toMatchObject({ error: { code: "request_too_large" } });
  });

  it("is refused with the conversation id named when that is not one", async () => {
    const { key } = scene();
    const headers = { "x-signalbox-conversation": "a b" };
    const answer = await call(path, key, { body: ask({}), headers });
    expect(answer).toMatchObject({ status: 400, body: { error: { param: "x-signalbox-conversation" } } });
  });
});

describe("a wrong field of a chat request", () => {
  it.each([
    ["stream", "yes"],
    ["stream_options", []],
    ["n", 0],
    ["temperature", "hot"],
    ["max_tokens", -1],
    ["response_format", "json"],
  ])("is refused by name: %s", async (field, value) => {
    const { key } = scene();
    const answer = await call("/v1/chat/completions", key, { body: ask({ [field]: value }) });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "invalid_request_error", param: field } } });
  });
});

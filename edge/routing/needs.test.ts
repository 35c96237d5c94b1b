import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requestNeeds } from "./needs.ts";
import { textTokens } from "./token-estimate.ts";

const user = (content: unknown) => ({ messages: [{ role: "user", content }] });
const nothing = { images: false, audio: false, files: false, tools: false, responseFormat: false };

describe("what a request needs", () => {
  it.each([
    ["text needs nothing more", user("hello"), {}],
    [
      "an image",
      user([
        { type: "text", text: "see" },
        { type: "image_url", image_url: { url: "data:" } },
      ]),
      { images: true },
    ],
    ["audio", user([{ type: "input_audio", input_audio: { data: "" } }]), { audio: true }],
    ["a spoken answer", { ...user("hi"), modalities: ["text", "audio"] }, { audio: true }],
    ["a file", user([{ type: "file", file: { file_id: "f" } }]), { files: true }],
    [
      "an image in an earlier turn",
      { messages: [...user([{ type: "image_url" }]).messages, { role: "user", content: "and?" }] },
      { images: true },
    ],
    ["tools", { ...user("hi"), tools: [{ type: "function", function: { name: "f" } }] }, { tools: true }],
    ["functions, as tools were once called", { ...user("hi"), functions: [{ name: "f" }] }, { tools: true }],
    ["no tools when the list is empty", { ...user("hi"), tools: [] }, {}],
    [
      "a conversation with tool calls",
      { messages: [{ role: "assistant", tool_calls: [{ id: "c" }] }] },
      { tools: true },
    ],
    ["a conversation with a tool's answer", { messages: [{ role: "tool", content: "42" }] }, { tools: true }],
    ["a JSON schema", { ...user("hi"), response_format: { type: "json_schema" } }, { responseFormat: true }],
    ["a JSON object", { ...user("hi"), response_format: { type: "json_object" } }, { responseFormat: true }],
    ["nothing for plain text format", { ...user("hi"), response_format: { type: "text" } }, {}],
  ])("%s", (_name, body, expected) => {
    const { tokens, ...needs } = requestNeeds(body);
    expect(needs).toEqual({ ...nothing, ...expected });
    expect(tokens).toBeGreaterThan(0);
  });

  it("counts a quarter of Latin characters, all others, images flat and the answer that may come", () => {
    expect(textTokens("abcd".repeat(10))).toBe(10);
    expect(textTokens("çédille")).toBe(7 / 4);
    expect(textTokens("日本語")).toBe(3);
    expect(textTokens("👍")).toBe(2);
    const bare = requestNeeds(user("")).tokens;
    expect(requestNeeds(user("a".repeat(400))).tokens - bare).toBe(100);
    expect(requestNeeds(user([{ type: "image_url" }, { type: "image_url" }])).tokens - bare).toBe(2_000);
    expect(requestNeeds({ ...user(""), max_tokens: 50, max_completion_tokens: 70 }).tokens - bare).toBe(70);
    expect(requestNeeds({ ...user(""), max_tokens: -5 }).tokens).toBe(bare);
  });

  it("does not count an image's bytes as text, but does count what tools say", () => {
    const bare = requestNeeds(user([{ type: "image_url" }])).tokens;
    const url = `data:image/png;base64,${"A".repeat(100_000)}`;
    expect(requestNeeds(user([{ type: "image_url", image_url: { url } }])).tokens).toBe(bare);
    const tools = [{ type: "function", function: { name: "f", description: "d".repeat(4_000) } }];
    expect(requestNeeds({ ...user("hi"), tools }).tokens).toBeGreaterThan(1_000);
  });

  it("takes any JSON, however it is shaped", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (messages, tools, response_format) => {
        const { tokens } = requestNeeds({ messages, tools, response_format, max_tokens: tools });
        expect(Number.isFinite(tokens)).toBe(true);
      }),
    );
  });

  it("takes JSON as wide as a client cares to send, and stops counting what fits nowhere", () => {
    const of = (tools: unknown) => requestNeeds({ ...user("hi"), tools: [tools] }).tokens;
    expect(of(Array.from({ length: 1_000_000 }, () => 1))).toBeGreaterThan(250_000);
    expect(of(Array.from({ length: 200_000 }, () => ["x".repeat(40)]))).toBe(
      of([...Array.from({ length: 100_000 }, () => ["x".repeat(40)]), ...Array.from({ length: 100_000 }, () => [])]),
    );
  });

  it("takes JSON as deep as a client cares to send", () => {
    const depth = 200_000;
    const tools = JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown;
    expect(requestNeeds({ ...user("hi"), tools: [tools] }).tools).toBe(true);
  });
});

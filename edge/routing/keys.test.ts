import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Turn } from "../../inference/contract/index.ts";
import { rawConversationKey } from "./conversation-key.ts";
import { memoKey } from "./memo-key.ts";

describe("a memo key", () => {
  const turn = (content: string, role: Turn["role"] = "user"): Turn => ({ role, content });
  const decided = { tenantId: "ten_a", policyDigest: "d1", engine: "default", conversation: [turn("hi")] };

  it("begins with the tenant and is the same for the same question", async () => {
    expect(await memoKey(decided)).toMatch(/^ten_a:[0-9a-f]{64}$/);
    expect(await memoKey({ ...decided, conversation: [turn("hi")] })).toBe(await memoKey(decided));
  });

  it.each([
    ["tenant", { tenantId: "ten_b" }],
    ["policy set", { policyDigest: "d2" }],
    ["engine", { engine: "big" }],
    ["text", { conversation: [turn("ho")] }],
    ["speaker", { conversation: [turn("hi", "assistant")] }],
    ["division into turns", { conversation: [turn("h"), turn("i")] }],
    ["turn before", { conversation: [turn(""), turn("hi")] }],
  ])("is another for another %s", async (_name, change) => {
    expect(await memoKey({ ...decided, ...change })).not.toBe(await memoKey(decided));
  });
});

describe("what names a conversation", () => {
  const messages = [
    { role: "system", content: "be kind" },
    { role: "user", content: "hello" },
  ];

  it.each([
    ["header", "c-1", { prompt_cache_key: "p", user: "u", messages }],
    ["prompt_cache_key", null, { prompt_cache_key: "p", user: "u", messages }],
    ["user", null, { prompt_cache_key: "", user: "u", messages }],
    ["messages", null, { user: 7, messages }],
  ])("is first of all: %s", (source, header, body) => {
    expect(rawConversationKey({ header, body }).source).toBe(source);
  });

  it("stays the same as the conversation goes on, whatever form its texts have", () => {
    const raw = (more: unknown[]) => rawConversationKey({ header: null, body: { messages: more } }).raw;
    const later = [...messages, { role: "assistant", content: "hi" }, { role: "user", content: "more" }];
    expect(raw(later)).toBe(raw(messages));
    expect(raw([messages[0], { role: "user", content: [{ type: "text", text: "hello" }] }])).toBe(raw(messages));
    expect(raw([messages[0], { role: "user", content: "hullo" }])).not.toBe(raw(messages));
    expect(raw([{ role: "system", content: "be brief" }, messages[1]])).not.toBe(raw(messages));
  });

  it("is never the same for two sources that say the same", () => {
    const raws = [
      rawConversationKey({ header: "x", body: {} }),
      rawConversationKey({ header: null, body: { prompt_cache_key: "x" } }),
      rawConversationKey({ header: null, body: { user: "x" } }),
    ].map(({ raw }) => raw);
    expect(new Set(raws).size).toBe(3);
  });

  it("is bounded, and taken from any JSON however odd", () => {
    const long = [{ role: "user", content: "x".repeat(1_000_000) }];
    expect(rawConversationKey({ header: null, body: { messages: long } }).raw.length).toBeLessThan(65_000);
    fc.assert(
      fc.property(fc.jsonValue(), (odd) => {
        expect(rawConversationKey({ header: null, body: { messages: odd } }).source).toBe("messages");
        expect(rawConversationKey({ header: null, body: { messages: [odd] } }).source).toBe("messages");
      }),
    );
  });
});

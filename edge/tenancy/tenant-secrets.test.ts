import { describe, expect, it } from "vitest";
import { conversationKey, isolationToken } from "./tenant-secrets.ts";

const env = { SIGNING_SECRET: "a".repeat(32) };

describe("what is derived for a tenant", () => {
  it("is the same each time, 128 bits of hex, and another for another tenant, secret or purpose", async () => {
    const tokens = await Promise.all([
      isolationToken(env, "ten_a"),
      isolationToken(env, "ten_b"),
      isolationToken({ SIGNING_SECRET: "b".repeat(32) }, "ten_a"),
      conversationKey(env, "ten_a", ""),
      conversationKey(env, "ten_a", "c"),
      conversationKey(env, "ten_b", "c"),
    ]);
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(await isolationToken(env, "ten_a")).toBe(tokens[0]);
  });
});

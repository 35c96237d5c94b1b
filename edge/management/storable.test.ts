import { describe, expect, it } from "vitest";
import { unstorable } from "./storable.ts";

describe("what a body may hold", () => {
  it("lets ordinary JSON pass, whatever its language", () => {
    expect(unstorable({ name: "Übersicht 🙂", list: [1, null, true, "a\nb"], nested: { a: { b: "c" } } })).toEqual([]);
  });

  it.each([
    ["a NUL character", { a: ["x\u0000"] }, ["a", 0]],
    ["a lone surrogate", { a: { b: "\ud800" } }, ["a", "b"]],
    ["a NUL character in a key", { "a\u0000": 1 }, ["a\u0000"]],
    ["a key that objects swallow", JSON.parse('{"a":{"__proto__":{}}}'), ["a", "__proto__"]],
  ])("names the place of %s", (_name, value: unknown, path) => {
    expect(unstorable(value).map((finding) => finding.path)).toEqual([path]);
  });

  it("bounds nesting without overflowing on it", () => {
    const deep: unknown = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
    expect(unstorable(deep)).toHaveLength(1);
    expect(unstorable(JSON.parse("[".repeat(60) + "]".repeat(60)))).toEqual([]);
  });

  it("stops listing when there is no end of findings", () => {
    expect(unstorable(Array.from({ length: 1000 }, () => "\u0000")).length).toBeLessThan(50);
  });
});

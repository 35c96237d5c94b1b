import { describe, expect, it } from "vitest";
import { createLruCache } from "./lru-cache.ts";

describe("createLruCache", () => {
  it("forgets what was used longest ago when the bound is passed", () => {
    const cache = createLruCache<string>(3_000);
    cache.set("a", "A", 1_000);
    cache.set("b", "B", 1_000);
    cache.get("a");
    cache.set("c", "C", 1_000);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["A", undefined, "C"]);
  });

  it("counts a replaced entry once", () => {
    const cache = createLruCache<string>(3_000);
    cache.set("a", "A", 1_000);
    for (let round = 0; round < 5; round += 1) cache.set("b", "B", 1_000);
    expect([cache.get("a"), cache.get("b")]).toEqual(["A", "B"]);
  });
});

import { describe, expect, it } from "vitest";
import { LruMap } from "./lru-map.ts";

describe("a bounded map", () => {
  it("forgets what was used longest ago, not what was put first", () => {
    const evicted: string[] = [];
    const map = new LruMap<number>({ maxWeight: 2, onEvict: (key) => evicted.push(key) });
    map.set("a", 1);
    map.set("b", 2);
    map.get("a");
    map.set("c", 3);
    expect([...map.keys()]).toEqual(["a", "c"]);
    expect(evicted).toEqual(["b"]);
  });

  it("weighs entries, and forgets several for one heavy one", () => {
    const map = new LruMap<string>({ maxWeight: 10, weigh: (value) => value.length });
    map.set("a", "123");
    map.set("b", "123");
    map.set("c", "12345678");
    expect([...map.keys()]).toEqual(["c"]);
    expect(map.weight).toBe(8);
  });

  it("does not keep what alone is too heavy, nor an older value in its place", () => {
    const map = new LruMap<string>({ maxWeight: 5, weigh: (value) => value.length });
    map.set("a", "123");
    expect(map.set("a", "123456")).toBe(false);
    expect(map.get("a")).toBeUndefined();
    expect(map.weight).toBe(0);
  });

  it("takes off the weight an entry was put with", () => {
    const map = new LruMap<{ size: number }>({ maxWeight: 10, weigh: ({ size }) => size });
    const value = { size: 4 };
    map.set("a", value);
    value.size = 9;
    map.delete("a");
    map.delete("a");
    expect(map.weight).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { Memo } from "./memo.ts";
import type { Distribution } from "./scores.ts";

const decided = (engine = "embedded@1", fields: Partial<Distribution> = {}): Distribution => ({
  probabilities: new Float64Array([0.5, 0.5]),
  unsureReason: null,
  engine,
  ...fields,
});

describe("remembered decisions", () => {
  it("are given again for a quarter of an hour", () => {
    const memo = new Memo();
    memo.set("ten_a:1", 0.5, decided(), 0);
    expect(memo.get("ten_a:1", 0.5, 15 * 60_000)).toEqual(decided());
    expect(memo.get("ten_a:1", 0.5, 15 * 60_000 + 1)).toBeNull();
    expect(memo.get("ten_b:1", 0.5, 0)).toBeNull();
  });

  it("are not given again once their engine answers as another version, whatever other engines do", () => {
    const memo = new Memo();
    memo.set("ten_a:1", 0.5, decided("embedded@1"), 0);
    memo.set("ten_a:2", 0.5, decided("vllm@7"), 0);
    expect(memo.get("ten_a:1", 0.5, 0)).not.toBeNull();
    memo.set("ten_a:3", 0.5, decided("embedded@2"), 0);
    expect([memo.get("ten_a:1", 0.5, 0), memo.get("ten_a:2", 0.5, 0)]).toEqual([null, decided("vllm@7")]);
  });

  it("are not kept when time ran short for them", () => {
    const memo = new Memo();
    memo.set("ten_a:1", 0.5, decided("embedded@1", { unsureReason: "late" }), 0);
    memo.set("ten_a:2", 0.5, decided("embedded@1", { unsureReason: "refused" }), 0);
    expect([memo.get("ten_a:1", 0.5, 0), memo.get("ten_a:2", 0.5, 0)?.unsureReason]).toEqual([null, "refused"]);
  });

  it("of an engine that escalates are given again only for the threshold they were made under", () => {
    const memo = new Memo();
    const deciding = { decidedBy: "big@1", escalated: true, agreed: false, shortlisted: null };
    memo.set("ten_a:1", 0.5, decided("cascade@1", { deciding }), 0);
    memo.set("ten_a:1", 0, decided("cascade@1", { deciding: { ...deciding, escalated: false } }), 0);
    const escalated = (threshold: number) => memo.get("ten_a:1", threshold, 0)?.deciding?.escalated;
    expect([0, 0.4, 0.5].map(escalated)).toEqual([false, undefined, true]);
    memo.set("ten_a:2", 0.5, decided(), 0);
    expect(memo.get("ten_a:2", 0.4, 0)).not.toBeNull();
  });

  it("are bounded in bytes, so that big policy sets count for more", () => {
    const memo = new Memo(5_000);
    for (let turn = 0; turn < 5; turn += 1) memo.set(`ten_a:${turn}`, 0.5, decided(), 0);
    memo.set("ten_a:big", 0.5, decided("embedded@1", { probabilities: new Float64Array(400) }), 0);
    const kept = [0, 1, 2, 3, 4].filter((turn) => memo.get(`ten_a:${turn}`, 0.5, 0) !== null);
    expect(kept).toEqual([2, 3, 4]);
  });
});

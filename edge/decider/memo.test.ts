import { describe, expect, it } from "vitest";
import { Memo } from "./memo.ts";
import type { Distribution } from "./scores.ts";

const decided = (engine = "embedded@1", fields: Partial<Distribution> = {}): Distribution => ({
  probabilities: new Float64Array([0.5, 0.5]),
  unsureReason: null,
  engine,
  ...fields,
});

const ESCALATION = { min_confidence: 0.5 };

describe("remembered decisions", () => {
  it("are given again for a quarter of an hour", () => {
    const memo = new Memo();
    memo.set("ten_a:1", ESCALATION, decided(), 0);
    expect(memo.get("ten_a:1", ESCALATION, 15 * 60_000)).toEqual(decided());
    expect(memo.get("ten_a:1", ESCALATION, 15 * 60_000 + 1)).toBeNull();
    expect(memo.get("ten_b:1", ESCALATION, 0)).toBeNull();
  });

  it("are not given again once their engine answers as another version, whatever other engines do", () => {
    const memo = new Memo();
    memo.set("ten_a:1", ESCALATION, decided("embedded@1"), 0);
    memo.set("ten_a:2", ESCALATION, decided("vllm@7"), 0);
    expect(memo.get("ten_a:1", ESCALATION, 0)).not.toBeNull();
    memo.set("ten_a:3", ESCALATION, decided("embedded@2"), 0);
    expect([memo.get("ten_a:1", ESCALATION, 0), memo.get("ten_a:2", ESCALATION, 0)]).toEqual([null, decided("vllm@7")]);
  });

  it("are not kept when time ran short for them", () => {
    const memo = new Memo();
    memo.set("ten_a:1", ESCALATION, decided("embedded@1", { unsureReason: "late" }), 0);
    memo.set("ten_a:2", ESCALATION, decided("embedded@1", { unsureReason: "refused" }), 0);
    expect([memo.get("ten_a:1", ESCALATION, 0), memo.get("ten_a:2", ESCALATION, 0)?.unsureReason]).toEqual([
      null,
      "refused",
    ]);
  });

  it("of an engine that escalates are given again only under the settings they were made under", () => {
    const memo = new Memo();
    const deciding = { decidedBy: "big@1", escalated: true, agreed: false, shortlisted: null };
    memo.set("ten_a:1", ESCALATION, decided("cascade@1", { deciding }), 0);
    memo.set(
      "ten_a:1",
      { min_confidence: 0 },
      decided("cascade@1", { deciding: { ...deciding, escalated: false } }),
      0,
    );
    const escalated = (min_confidence: number, other_bias?: number) =>
      memo.get("ten_a:1", { min_confidence, ...(other_bias !== undefined && { other_bias }) }, 0)?.deciding?.escalated;
    expect([escalated(0), escalated(0.4), escalated(0.5)]).toEqual([false, undefined, true]);
    expect([escalated(0.5, 0), escalated(0.5, 1)]).toEqual([true, undefined]);
    memo.set("ten_a:2", ESCALATION, decided(), 0);
    expect(memo.get("ten_a:2", { min_confidence: 0.4 }, 0)).not.toBeNull();
  });

  it("are bounded in bytes, so that big policy sets count for more", () => {
    const memo = new Memo(5_000);
    for (let turn = 0; turn < 5; turn += 1) memo.set(`ten_a:${turn}`, ESCALATION, decided(), 0);
    memo.set("ten_a:big", ESCALATION, decided("embedded@1", { probabilities: new Float64Array(400) }), 0);
    const kept = [0, 1, 2, 3, 4].filter((turn) => memo.get(`ten_a:${turn}`, ESCALATION, 0) !== null);
    expect(kept).toEqual([2, 3, 4]);
  });
});

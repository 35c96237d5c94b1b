import { describe, expect, it } from "vitest";
import { compareArms, ranksToRead, type ArmFacts, type ArmTotals, type RankedTime } from "./compare-arms.ts";

const ARMS = ["control", "candidate"];
const NONE = { count: 0, sum: 0, squares: 0 };
const totals = (arm: string, more: Partial<ArmTotals> = {}): ArmTotals => ({
  arm,
  requests: 100,
  aborted: 0,
  censored: 0,
  spent: 4,
  failed: 10,
  completed: 90,
  moments: { input_tokens: NONE, output_tokens: NONE, cost_usd: { count: 4, sum: 4, squares: 4 } },
  timed: { first_byte: 0, total: 100 },
  ...more,
});
const facts = (more: Partial<ArmFacts> = {}): ArmFacts => ({ totals: [], kinds: [], scores: [], times: [], ...more });
const find = (measures: ReturnType<typeof compareArms>, measure: string, detail: string | null = null) =>
  measures.find((one) => one.measure === measure && one.detail === detail);

describe("a comparison of arms", () => {
  it("holds each measure of both arms and their difference from the control", () => {
    const measures = compareArms(ARMS, facts({ totals: [totals("control"), totals("candidate", { failed: 30 })] }));
    const errors = find(measures, "error_rate");
    expect(errors).toMatchObject({ unit: "share", method: "wilson" });
    expect(errors?.arms).toMatchObject({ control: { of: 100, value: 0.1 }, candidate: { of: 100, value: 0.3 } });
    expect(errors?.differences).toEqual({ candidate: expect.objectContaining({ value: expect.closeTo(0.2, 12) }) });
    expect(find(measures, "cost_usd")?.differences["candidate"]).toMatchObject({ value: 0, low: 0, high: 0 });
    expect(find(measures, "input_tokens")?.arms).toEqual({ control: null, candidate: null });
  });

  it("reads percentiles and their bounds from the times at the places it asked for", () => {
    const both = [totals("control"), totals("candidate", { timed: { first_byte: 0, total: 20 } })];
    const asked = ranksToRead(both);
    expect(asked.filter(({ arm }) => arm === "control").map(({ rank }) => rank)).toEqual([50, 40, 61, 95, 90, 100]);
    const times: RankedTime[] = asked.map((rank) => ({ ...rank, ms: 10 * rank.rank }));
    const measures = compareArms(ARMS, facts({ totals: both, times }));
    expect(find(measures, "total_p50")?.arms["control"]).toEqual({ of: 100, value: 500, low: 400, high: 610 });
    expect(find(measures, "total_p95")?.arms["candidate"]).toMatchObject({ of: 20, value: 190, high: null });
    expect(find(measures, "total_p95")?.differences["candidate"]).toMatchObject({ value: -760, high: null });
    expect(find(measures, "first_byte_p50")?.arms).toEqual({ control: null, candidate: null });
  });

  it("tells kinds of error and finish reasons apart, the most frequent first, zero where an arm has none", () => {
    const both = [totals("control"), totals("candidate")];
    const kinds = [
      { arm: "candidate", of: "error", name: "provider_timeout", requests: 3 },
      { arm: "control", of: "error", name: "retried", requests: 10 },
      { arm: "control", of: "finish_reason", name: "stop", requests: 90 },
      { arm: "candidate", of: "finish_reason", name: "stop", requests: 45 },
    ] as const;
    const measures = compareArms(ARMS, facts({ totals: both, kinds }));
    const errors = measures.filter(({ measure }) => measure === "error").map(({ detail }) => detail);
    expect(errors).toEqual(["retried", "provider_timeout"]);
    expect(find(measures, "error", "provider_timeout")?.arms).toMatchObject({
      control: { value: 0, of: 100 },
      candidate: { value: 0.03, of: 100 },
    });
    expect(find(measures, "finish_reason", "stop")?.arms["candidate"]).toMatchObject({ value: 0.5, of: 90 });
  });

  it("holds feedback by metric", () => {
    const scores = [
      { arm: "candidate", metric: "thumb", count: 3, sum: 3, squares: 3 },
      { arm: "control", metric: "judge", count: 2, sum: 1, squares: 1 },
    ];
    const measures = compareArms(ARMS, facts({ totals: [totals("control"), totals("candidate")], scores }));
    expect(find(measures, "feedback", "thumb")?.arms).toEqual({
      control: null,
      candidate: { of: 3, value: 1, low: 1, high: 1 },
    });
    expect(find(measures, "feedback", "judge")?.arms["control"]).toMatchObject({ of: 2, value: 0.5 });
  });

  it("has both arms before the first request, with nothing known of them", () => {
    const measures = compareArms(ARMS, facts());
    expect(measures.length).toBeGreaterThan(5);
    for (const { arms, differences } of measures) {
      expect([arms, differences]).toEqual([{ control: null, candidate: null }, { candidate: null }]);
    }
  });
});

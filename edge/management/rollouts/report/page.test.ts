import { describe, expect, it } from "vitest";
import { compareArms, type ArmTotals } from "../../../rollouts/compare-arms.ts";
import { rolloutGuardrailStates, type ArmBatch } from "../../../rollouts/judge-rollout.ts";
import type { RolloutView } from "../schema.ts";
import { reportPage } from "./page.ts";
import { spoken, spokenDifference } from "./units.ts";

const ROLLOUT: RolloutView = {
  id: "rol_01k9zq3m8v7x5t2r4w6y8a0b1c",
  router: "default",
  policy: "orders",
  candidate: { model: "swift-2" },
  percent: 25,
  schedule: {
    steps: [
      { percent: 5, for_minutes: 60 },
      { percent: 25, for_minutes: 360 },
    ],
    then: "ask",
    step: 2,
    state: "running",
    step_ends_at: "2026-03-02T07:00:00.000Z",
    step_remaining_ms: null,
  },
  guardrails: { error_rate: { times_control: 1 }, cost_per_request: { at_most: 0.01 } },
  shadow: null,
  shadow_spent: null,
  status: "running",
  reason: null,
  created_at: "2026-03-02T00:00:00.000Z",
  updated_at: "2026-03-02T01:00:00.000Z",
};
const MOMENTS = { count: 90, sum: 900, squares: 9_100 };

function page(rollout: Partial<RolloutView>, requests: number, hostile = "", shadow = false): string {
  const totals = (arm: string): ArmTotals => ({
    arm,
    requests,
    aborted: 1,
    censored: 0,
    spent: 1,
    failed: Math.round(requests / 10),
    completed: requests,
    moments: { input_tokens: MOMENTS, output_tokens: MOMENTS, cost_usd: MOMENTS },
    timed: { first_byte: 0, total: 0 },
  });
  const kinds = ["control", "candidate"].map(
    (arm) => ({ arm, of: "error", name: `timeout${hostile}`, requests: Math.min(3, requests) }) as const,
  );
  const scores = [{ arm: "candidate", metric: `tone${hostile}`, count: 5, sum: 4, squares: 4 }];
  const names = ["control", "candidate", ...(shadow ? ["shadow"] : [])];
  const both = requests === 0 ? [] : names.map(totals);
  const measures = compareArms(names, { totals: both, kinds, scores, times: [] });
  const batch = { batch: "2026-03-02 00:00:00+00", failed: 1, slow_first_byte: 0, slow_total: 0 };
  const costs = { costed: 10, cost: 0.1, cost_squares: 0.01 };
  const batches: ArmBatch[] = both.map(({ arm }) => ({ ...batch, ...costs, arm, requests }));
  const view = { ...ROLLOUT, ...rollout };
  const counts = { requests, aborted: 1, censored: 0, censored_by: {}, cost_usd: 1 };
  const arms = Object.fromEntries(
    names.map((arm) => [arm, arm === "shadow" ? { ...counts, censored: 7, censored_by: { tokens: 7 } } : counts]),
  );
  const guardrails = rolloutGuardrailStates(view.guardrails, { rows: batches, feedback: [] });
  const compared = {
    rollout: view,
    as_of: "2026-03-02T06:40:00.000Z",
    confidence: 0.95,
    arms,
    guardrails: [],
    measures,
  };
  return reportPage({ view: compared, guardrails, batches }, "default-src 'none'");
}

/** Tags that are opened and not closed again, in their order; void ones and drawings' shapes close themselves. */
function unclosed(markup: string): string[] {
  const open: string[] = [];
  for (const [, closing, name = "", , own] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*?)(\/?)>/g)) {
    if (own === "/" || name === "br") continue;
    if (closing === "") open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [`</${name}> in ${open.join(" ")}`];
  }
  return open;
}

describe("a rollout's report", () => {
  it("says what a candidate engine decides under where that is not the router's, and what serves after a model", () => {
    const engine = { engine: "embedded-next", min_confidence: 0.6, deadline_ms: 500 };
    const router = page({ policy: null, candidate: engine }, 10);
    expect(router).toContain("<dd>embedded-next, deadline_ms 500, min_confidence 0.6</dd>");
    const model = page({ candidate: { model: "swift-2", fallbacks: ["swift-1", "slow"] } }, 10);
    expect(model).toContain("<dd>swift-2, then swift-1, then slow</dd>");
  });

  it("says how the rollout, its schedule, its guardrails and its arms stand", () => {
    const text = page({}, 1_000)
      .replaceAll(/<style>.*?<\/style>|<[^>]*>/gs, " ")
      .replaceAll(/\s+/g, " ");
    expect(text).toContain("swift-2 for “orders” running");
    expect(text).toContain("Step 2 of 2 is under way until 2026-03-02 07:00 UTC.");
    expect(text).toMatch(/Errors 1 × the control 1,000 .* holding/);
    expect(text).toContain("at most $0.0100");
    expect(text).toContain("2,000 requests: 1,000 of the control, 1,000 of the candidate.");
    expect(text).toMatch(/all 10 % 8\.\d+ % to 12\.\d+? % of 1,000/);
    expect(text).toMatch(/tone none 0\.80 /);
  });

  it("holds copies as an arm of its own, and says how many were cut", () => {
    const text = page({}, 1_000, "", true)
      .replaceAll(/<style>.*?<\/style>|<[^>]*>/gs, " ")
      .replaceAll(/\s+/g, " ");
    expect(text).toContain("also answered 1,000 copies, for $1.00; 7 more were not made or cut off (7 by tokens)");
    expect(text).toContain("Control Candidate Shadow (copies) Less the control");
    expect(text).toMatch(/ 0 pp −[\d.]+ pp to \+[\d.]+ pp 0 pp −/);
  });

  it("is well formed with many requests, with few and with none, whatever names say", () => {
    const hostile = `</td><script>alert(1)</script>"'&<b>`;
    for (const requests of [0, 1, 3, 1_000_000]) {
      for (const more of [
        {},
        { schedule: null, guardrails: {} },
        { policy: hostile, reason: hostile, router: hostile },
      ]) {
        const markup = page(more, requests, hostile, requests === 3);
        expect(unclosed(markup.replace("<!doctype html>", "").replaceAll(/<meta[^>]*>/g, ""))).toEqual([]);
        expect(markup).not.toMatch(/<script|<b>|NaN|undefined|Infinity|\s(src|href|style|on\w+)=/);
      }
    }
  });

  it("tells each state of a schedule apart", () => {
    const { schedule } = ROLLOUT;
    if (schedule === null) throw new Error("the rollout has a schedule");
    const with_ = (more: object): string => page({ schedule: { ...schedule, step_ends_at: null, ...more } }, 10);
    expect(with_({ state: "paused", step_remaining_ms: 5_400_000 })).toContain("which has 90 min left");
    expect(with_({ state: "asking" })).toContain("stays until its owner");
    expect(with_({ state: "ended" })).toContain("It got to step 2 of 2");
  });
});

describe("numbers for people", () => {
  it.each([
    [0.0123, "share", "1.23 %", "+1.23 pp"],
    [-0.00001, "share", "−0.00 %", "0.00 pp"],
    [950, "ms", "950 ms", "+950 ms"],
    [12_345, "ms", "12.3 s", "+12.3 s"],
    [1_234.5, "tokens", "1235", "+1235"],
    [-0.0004217, "usd", "−$0.000422", "−$0.000422"],
    [0, "usd", "$0", "$0"],
    [-0.5, "score", "−0.50", "−0.50"],
  ] as const)("%d of %s is %s", (value, unit, text, difference) => {
    const said = [spoken(value, unit), spokenDifference(value, unit)];
    expect(said.map((one) => one.replaceAll("\u00a0", " "))).toEqual([text, difference]);
  });
});

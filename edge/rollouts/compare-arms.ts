import { acrossArms } from "./across-arms.ts";
import { meanEstimate, quantileRanks, shareEstimate, type Estimate } from "./intervals.ts";
import type { Moments } from "./mean-evidence.ts";

export const LATENCIES = ["first_byte", "total"] as const;
export const MEANS = ["input_tokens", "output_tokens", "cost_usd"] as const;
export const PERCENTILES = { p50: 0.5, p95: 0.95 } as const;
export type Latency = (typeof LATENCIES)[number];
export type Percentile = keyof typeof PERCENTILES;

/** What happened to the requests of one arm. */
export interface ArmTotals {
  readonly arm: string;
  /** Requests that were completed, failed or broke off; the others of the arm are none it is judged by. */
  readonly requests: number;
  /** Requests whose callers went away before the answer had ended. */
  readonly aborted: number;
  /** Copies that were not made or cut off. */
  readonly censored: number;
  /** US dollars that all of the arm took. */
  readonly spent: number;
  /** Of `requests`, those that failed, broke off, or were served only after a failed attempt. */
  readonly failed: number;
  readonly completed: number;
  readonly moments: Readonly<Record<(typeof MEANS)[number], Moments>>;
  /** Completed requests whose time is known. */
  readonly timed: Readonly<Record<Latency, number>>;
}

/** How many of an arm's requests failed in one way, finished for one reason, or were cut off for one. */
export interface ArmKind {
  readonly arm: string;
  readonly of: "error" | "finish_reason" | "censored";
  readonly name: string;
  readonly requests: number;
}

/** Scores of an arm's requests by one metric. */
export interface ArmScores extends Moments {
  readonly arm: string;
  readonly metric: string;
}

/** A value of an arm's times, in milliseconds, by its place in their order. */
export interface ArmRank {
  readonly arm: string;
  readonly latency: Latency;
  readonly rank: number;
}
export interface RankedTime extends ArmRank {
  readonly ms: number;
}

export type Unit = "share" | "ms" | "tokens" | "usd" | "score" | "probability";
export type Method = "wilson" | "order_statistics" | "student_t";

/** One thing that arms are compared by. */
export interface Measure {
  readonly measure: string;
  /** The kind of error, the finish reason, or the metric of feedback, of measures that there are several of. */
  readonly detail: string | null;
  readonly unit: Unit;
  readonly method: Method;
  /** By arm; null where it has no such requests. */
  readonly arms: Readonly<Record<string, Estimate | null>>;
  /** By arm but the control: how far it lies above the control. */
  readonly differences: Readonly<Record<string, Estimate | null>>;
}

/** All that is known of a rollout's arms. */
export interface ArmFacts {
  readonly totals: readonly ArmTotals[];
  readonly kinds: readonly ArmKind[];
  readonly scores: readonly ArmScores[];
  readonly times: readonly RankedTime[];
}

/** The places in the order of each arm's times that percentiles and their intervals are read at. */
export const ranksToRead = (totals: readonly ArmTotals[]): ArmRank[] =>
  totals.flatMap(({ arm, timed }) =>
    LATENCIES.flatMap((latency) =>
      Object.values(PERCENTILES).flatMap((share) => {
        const ranks = quantileRanks(timed[latency], share);
        const places = ranks === null ? [] : [ranks.value, ranks.low, ranks.high].filter((rank) => rank !== null);
        return places.map((rank) => ({ arm, latency, rank }));
      }),
    ),
  );

/** The arms beside each other, measure by measure. Arms without a request are there too, with nothing known of them. */
export function compareArms(arms: readonly string[], facts: ArmFacts): Measure[] {
  const measure = (
    head: Omit<Measure, "arms" | "differences">,
    estimate: (totals: ArmTotals) => Estimate | null,
  ): Measure => acrossArms(arms, facts.totals, head, estimate);
  const share = (name: string, detail: string | null, count: (totals: ArmTotals) => [number, number]): Measure =>
    measure({ measure: name, detail, unit: "share", method: "wilson" }, (totals) => shareEstimate(...count(totals)));
  const kind = (of: ArmKind["of"], name: string) => (arm: string) =>
    facts.kinds.find((one) => one.arm === arm && one.of === of && one.name === name)?.requests ?? 0;
  return [
    share("error_rate", null, ({ failed, requests }) => [failed, requests]),
    ...namesOf(facts.kinds, "error").map((name) =>
      share("error", name, ({ arm, requests }) => [kind("error", name)(arm), requests]),
    ),
    ...LATENCIES.flatMap((latency) =>
      (["p50", "p95"] as const).map((percentile) =>
        measure(
          { measure: `${latency}_${percentile}`, detail: null, unit: "ms", method: "order_statistics" },
          (totals) => percentileEstimate(totals, latency, percentile, facts.times),
        ),
      ),
    ),
    ...MEANS.map((name) =>
      measure(
        { measure: name, detail: null, unit: name === "cost_usd" ? "usd" : "tokens", method: "student_t" },
        ({ moments }) => meanEstimate(moments[name]),
      ),
    ),
    ...namesOf(facts.kinds, "finish_reason").map((name) =>
      share("finish_reason", name, ({ arm, completed }) => [kind("finish_reason", name)(arm), completed]),
    ),
    ...[...new Set(facts.scores.map(({ metric }) => metric))].map((metric) =>
      measure({ measure: "feedback", detail: metric, unit: "score", method: "student_t" }, ({ arm }) =>
        meanEstimate(facts.scores.find((one) => one.arm === arm && one.metric === metric) ?? NO_SCORES),
      ),
    ),
  ];
}

const NO_SCORES: Moments = { count: 0, sum: 0, squares: 0 };

/** Names of one kind, the most frequent first. */
function namesOf(kinds: readonly ArmKind[], of: ArmKind["of"]): string[] {
  const counts = new Map<string, number>();
  for (const { name, requests } of kinds.filter((one) => one.of === of)) {
    counts.set(name, (counts.get(name) ?? 0) + requests);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

function percentileEstimate(
  { arm, timed }: ArmTotals,
  latency: Latency,
  percentile: Percentile,
  times: readonly RankedTime[],
): Estimate | null {
  const count = timed[latency];
  const ranks = quantileRanks(count, PERCENTILES[percentile]);
  const at = (rank: number | null): number | null =>
    times.find((time) => time.arm === arm && time.latency === latency && time.rank === rank)?.ms ?? null;
  const value = at(ranks?.value ?? null);
  if (ranks === null || value === null) return null;
  return { of: count, value, low: at(ranks.low), high: at(ranks.high) };
}

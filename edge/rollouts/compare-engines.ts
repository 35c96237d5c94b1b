import { acrossArms } from "./across-arms.ts";
import { PERCENTILES, type Measure } from "./compare-arms.ts";
import { meanEstimate, quantileRanks, shareEstimate, type Estimate } from "./intervals.ts";
import type { Moments } from "./mean-evidence.ts";

const MEANS = {
  confidence: "probability",
  routing_input_tokens: "tokens",
  routing_output_tokens: "tokens",
  routing_cost_usd: "usd",
} as const;

/** What the decisions of one arm of a router model's rollout came to. What was remembered is no decision. */
export interface EngineTotals {
  readonly arm: string;
  /** Decisions that were asked for. */
  readonly requests: number;
  /** Of these, those that came to none: the request, if it had one, went to the router's fallback. */
  readonly failed: number;
  /** Copies that were not made. */
  readonly censored: number;
  /** US dollars that all of the arm's decisions took. */
  readonly spent: number;
  /** Copies of decisions where both came to something, and where both came to the same. */
  readonly paired: number;
  readonly agreed: number;
  /** Decisions whose time is known. */
  readonly timed: number;
  readonly moments: Readonly<Record<keyof typeof MEANS, Moments>>;
}

/** How many of an arm's decisions came to one outcome, failed in one way, or were not asked for. */
export interface EngineKind {
  readonly arm: string;
  readonly of: "outcome" | "fallback" | "censored";
  readonly name: string;
  readonly requests: number;
}

/** A place in the order of an arm's times, and the milliseconds there. */
export interface EngineRank {
  readonly arm: string;
  readonly rank: number;
}
export interface EngineTime extends EngineRank {
  readonly ms: number;
}

/** The places in the order of each arm's times that percentiles and their intervals are read at. */
export const engineRanks = (totals: readonly EngineTotals[]): EngineRank[] =>
  totals.flatMap(({ arm, timed }) =>
    Object.values(PERCENTILES).flatMap((share) => {
      const ranks = quantileRanks(timed, share);
      const places = ranks === null ? [] : [ranks.value, ranks.low, ranks.high].filter((rank) => rank !== null);
      return places.map((rank) => ({ arm, rank }));
    }),
  );

/** Two engines' decisions beside each other; copies are an arm of their own, which alone can agree with what served. */
export function compareEngines(
  arms: readonly string[],
  totals: readonly EngineTotals[],
  kinds: readonly EngineKind[],
  times: readonly EngineTime[],
): Measure[] {
  const across = (head: Omit<Measure, "arms" | "differences">, estimate: (own: EngineTotals) => Estimate | null) =>
    acrossArms(arms, totals, head, estimate);
  const share = (measure: string, detail: string | null, count: (own: EngineTotals) => [number, number]): Measure =>
    across({ measure, detail, unit: "share", method: "wilson" }, (own) => shareEstimate(...count(own)));
  const shares = (of: EngineKind["of"]): Measure[] =>
    [...new Set(kinds.filter((kind) => kind.of === of).map(({ name }) => name))].map((name) =>
      share(of, name, ({ arm, requests }) => {
        const found = kinds.find((kind) => kind.arm === arm && kind.of === of && kind.name === name);
        return [found?.requests ?? 0, requests];
      }),
    );
  return [
    share("agreement", null, ({ agreed, paired }) => [agreed, paired]),
    share("fallback_rate", null, ({ failed, requests }) => [failed, requests]),
    ...shares("fallback"),
    ...shares("outcome"),
    ...(["p50", "p95"] as const).map((percentile) =>
      across({ measure: `decide_${percentile}`, detail: null, unit: "ms", method: "order_statistics" }, (own) =>
        percentileEstimate(own, PERCENTILES[percentile], times),
      ),
    ),
    ...(Object.keys(MEANS) as (keyof typeof MEANS)[]).map((name) =>
      across({ measure: name, detail: null, unit: MEANS[name], method: "student_t" }, ({ moments }) =>
        meanEstimate(moments[name]),
      ),
    ),
  ];
}

function percentileEstimate(
  { arm, timed }: EngineTotals,
  share: number,
  times: readonly EngineTime[],
): Estimate | null {
  const ranks = quantileRanks(timed, share);
  const at = (rank: number | null): number | null =>
    times.find((time) => time.arm === arm && time.rank === rank)?.ms ?? null;
  const value = at(ranks?.value ?? null);
  return ranks === null || value === null ? null : { of: timed, value, low: at(ranks.low), high: at(ranks.high) };
}

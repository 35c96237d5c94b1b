import type { RouterSettings } from "../routing/router-document.ts";
import { scoredTurns } from "./scored-turns.ts";
import { stepsFrom, type Tunable, type TuningGrid } from "./tuning-grid.ts";
import type { DecidedCase } from "./turns.ts";

/** What a turn costs that goes wrong, and one of which the router is unsure; a right one costs nothing. */
export interface Costs {
  readonly wrong: number;
  readonly unsure: number;
}

/** Wrong and unsure turns under every pair of a grid: the pair of bias i and threshold j stands at i × thresholds + j. */
export interface Tally {
  readonly wrong: Int32Array;
  readonly unsure: Int32Array;
}

/**
 * Counts cases under every pair of a grid, judging each turn once for every bias: it is unsure from the first
 * threshold above its confidence on. Turns that routing failed on are left out, for no setting changes them.
 */
export function tally(cases: readonly DecidedCase[], settings: RouterSettings, grid: TuningGrid): Tally {
  const { biases, thresholds } = grid;
  const size = biases.length * thresholds.length;
  const counts = { wrong: new Int32Array(size), unsure: new Int32Array(size) };
  for (const [row, other_bias] of biases.entries()) {
    const wrong = counts.wrong.subarray(row * thresholds.length, (row + 1) * thresholds.length);
    const unsure = counts.unsure.subarray(row * thresholds.length, (row + 1) * thresholds.length);
    for (const turn of cases.flatMap((of) => scoredTurns(of, { ...settings, other_bias, min_confidence: 0 }))) {
      const { outcome, confidence } = turn.verdict;
      if (outcome === null || confidence === null) continue;
      const sure = outcome === "unsure" ? 0 : countUpTo(thresholds, confidence);
      if (!turn.right) add(wrong, 0, sure);
      add(unsure, sure, thresholds.length);
    }
    accumulate(wrong);
    accumulate(unsure);
  }
  return counts;
}

/** Of the pairs that cost least, the one nearest to what the router has. */
export function cheapest({ wrong, unsure }: Tally, grid: TuningGrid, costs: Costs): Tunable {
  const pairs = grid.biases.flatMap((other_bias) =>
    grid.thresholds.map((min_confidence) => ({ other_bias, min_confidence })),
  );
  let best = { pair: grid.from, cost: Infinity, steps: Infinity };
  for (const [place, pair] of pairs.entries()) {
    const cost = (wrong[place] ?? 0) * costs.wrong + (unsure[place] ?? 0) * costs.unsure;
    const steps = stepsFrom(grid, pair);
    if (cost < best.cost || (cost === best.cost && steps < best.steps)) best = { pair, cost, steps };
  }
  return best.pair;
}

export const plus = (one: Tally, other: Tally): Tally => ({
  wrong: one.wrong.map((count, place) => count + (other.wrong[place] ?? 0)),
  unsure: one.unsure.map((count, place) => count + (other.unsure[place] ?? 0)),
});

export const minus = (all: Tally, part: Tally): Tally => ({
  wrong: all.wrong.map((count, place) => count - (part.wrong[place] ?? 0)),
  unsure: all.unsure.map((count, place) => count - (part.unsure[place] ?? 0)),
});

/** How many of ascending thresholds a confidence reaches. */
function countUpTo(thresholds: readonly number[], confidence: number): number {
  const above = thresholds.findIndex((threshold) => threshold > confidence);
  return above === -1 ? thresholds.length : above;
}

/** One more at every place from `from` up to `to`, as differences that `accumulate` sums up. */
function add(differences: Int32Array, from: number, to: number): void {
  if (from === to) return;
  differences[from] = (differences[from] ?? 0) + 1;
  if (to < differences.length) differences[to] = (differences[to] ?? 0) - 1;
}

function accumulate(differences: Int32Array): void {
  for (let place = 1; place < differences.length; place += 1) {
    differences[place] = (differences[place] ?? 0) + (differences[place - 1] ?? 0);
  }
}

import type { EngineReading } from "../engine.ts";

/** Weight of an option that got none: one that was never looked at must stay possible for the calibration. */
const UNSEEN = 1e-6;
/** Mass on texts that begin no option, above which the answer does not count. */
const OUTSIDE_LIMIT = 0.5;

/** How much more than its share the option gets that leads among equals. */
const AHEAD = 1.000001;

/** Where a model's mass went. */
export interface Shares {
  /** In the order of the options; with `outside` they sum to at most 1. */
  readonly weights: readonly number[];
  /** The option that the model would write, each token the likeliest; undefined where it would write none of them. */
  readonly written: number | undefined;
  /** On texts that are none of the options. */
  readonly outside: number;
}

type Reading = Pick<EngineReading, "logits" | "unsureReason">;

/**
 * Log-weights of the options, of which the one that the model would write leads: what a router was trained and measured
 * by. Where names begin alike another may be likelier as a whole; all that are share alike with the one that is written.
 */
export function toLogits({ weights: read, written, outside }: Shares): Reading {
  const weights = written === undefined ? read : led(read, written);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return outsideOptions(weights.length);
  const logits = weights.map((weight) => Math.log(weight / total + UNSEEN));
  return outside > OUTSIDE_LIMIT ? { logits, unsureReason: "outside_options" } : { logits };
}

function led(weights: readonly number[], written: number): readonly number[] {
  const own = weights[written] ?? 0;
  const alike = weights.filter((weight) => weight >= own);
  const share = alike.reduce((sum, weight) => sum + weight, 0) / alike.length;
  return weights.map((weight, option) => (option === written ? share * AHEAD : weight >= own ? share : weight));
}

/** The model said something else altogether. */
export const outsideOptions = (count: number): Reading => ({
  logits: Array.from({ length: count }, () => 0),
  unsureReason: "outside_options",
});

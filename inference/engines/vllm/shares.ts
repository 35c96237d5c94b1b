import type { EngineReading } from "../engine.ts";

/** Weight of an option that got none: one that was never looked at must stay possible for the calibration. */
const UNSEEN = 1e-6;
/** Mass on texts that begin no option, above which the answer does not count. */
const OUTSIDE_LIMIT = 0.5;

/** Where a model's mass went. */
export interface Shares {
  /** In the order of the options; with `outside` they sum to at most 1. */
  readonly weights: readonly number[];
  /** On texts that are none of the options. */
  readonly outside: number;
}

type Reading = Pick<EngineReading, "logits" | "unsureReason">;

export function toLogits({ weights, outside }: Shares): Reading {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return outsideOptions(weights.length);
  const logits = weights.map((weight) => Math.log(weight / total + UNSEEN));
  return outside > OUTSIDE_LIMIT ? { logits, unsureReason: "outside_options" } : { logits };
}

/** The model said something else altogether. */
export const outsideOptions = (count: number): Reading => ({
  logits: Array.from({ length: count }, () => 0),
  unsureReason: "outside_options",
});

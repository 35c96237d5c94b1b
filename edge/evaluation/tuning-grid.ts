import type { RouterSettings } from "../routing/router-document.ts";

/** The settings that are tuned. */
export interface Tunable {
  readonly other_bias: number;
  readonly min_confidence: number;
}
export type TunableName = keyof Tunable;

/** Every pair of a bias and a threshold that is tried, what the router has now among them; ascending. */
export interface TuningGrid {
  readonly from: Tunable;
  readonly biases: readonly number[];
  readonly thresholds: readonly number[];
}

/** Beyond these odds of `other` (1 to 400 either way) golden cases say nothing that a few more would not overturn. */
const BIAS_LIMIT = 6;
const BIAS_STEP = 0.25;
const THRESHOLD_STEPS = 100;

/** The grid for the settings that are free; the others stay as they are. */
export function tuningGrid(settings: RouterSettings, free: readonly TunableName[]): TuningGrid {
  const from = { other_bias: settings.other_bias ?? 0, min_confidence: settings.min_confidence };
  const biases = Array.from({ length: (2 * BIAS_LIMIT) / BIAS_STEP + 1 }, (_, step) => step * BIAS_STEP - BIAS_LIMIT);
  const thresholds = Array.from({ length: THRESHOLD_STEPS }, (_, step) => step / THRESHOLD_STEPS);
  return {
    from,
    biases: ascending(free.includes("other_bias") ? biases : [], from.other_bias),
    thresholds: ascending(free.includes("min_confidence") ? thresholds : [], from.min_confidence),
  };
}

/** How far a pair is from what the router has, in steps of the grid. */
export const stepsFrom = ({ from }: TuningGrid, { other_bias, min_confidence }: Tunable): number =>
  Math.abs(other_bias - from.other_bias) / BIAS_STEP + Math.abs(min_confidence - from.min_confidence) * THRESHOLD_STEPS;

const ascending = (values: readonly number[], own: number): number[] =>
  [...new Set([...values, own])].sort((a, b) => a - b);

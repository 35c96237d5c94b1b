import type { Reading } from "./decision.ts";

/**
 * A reading whose odds of `other` are multiplied by e^bias, the rest scaled so that probabilities still sum to 1. How
 * readily an engine says `other` carries over least from one policy set to the next, hence a number a router can set.
 * The reading itself stays as the engine gave it, so that what a memo holds of an engine that does not escalate outlives
 * a change of the setting. `unlisted` is the
 * probability of the policies that a shortened reading leaves out.
 */
export function withOtherBias(reading: Reading, bias: number, unlisted = 0): Reading {
  if (bias === 0 || !("scores" in reading)) return reading;
  const factor = Math.exp(bias);
  const weighted = reading.scores.map(({ policy, probability }) => ({
    policy,
    probability: policy === null ? probability * factor : probability,
  }));
  const sum = weighted.reduce((total, { probability }) => total + probability, unlisted);
  return {
    ...reading,
    scores: weighted.map(({ policy, probability }) => ({ policy, probability: probability / sum })),
  };
}

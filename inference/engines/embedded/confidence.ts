import { z } from "zod";

const SIGNALS = 10;
/** Logits; the lead under which a chosen `other` is a narrow one. */
const NARROW = 2;

export const confidenceSchema = z.object({
  /** Added to the logit of `other` before anything else. */
  otherBias: z.number(),
  /** Weights of a logistic model over `signals`, in their order. */
  weights: z.array(z.number()).length(SIGNALS),
  bias: z.number(),
});
/** How sure the model really is when its logits look like this; fitted on held-out conversations. */
export type ConfidenceModel = z.infer<typeof confidenceSchema>;

const BISECTIONS = 40;
const MIN_SCALE = 1e-3;
const MAX_SCALE = 1e3;

/**
 * Logits whose softmax gives the best option the probability that the confidence model states: the same order, scaled
 * so that the top comes out right. Never below an even share, which no scale can give. `previous` are the logits of
 * the turn before: a decision that rests on a doubtful one is doubtful itself.
 */
export function confident(logits: Float32Array, previous: Float32Array | undefined, model: ConfidenceModel): number[] {
  const biased = withBias(logits, model.otherBias);
  const seen = signals(biased, previous === undefined ? undefined : withBias(previous, model.otherBias));
  const score = seen.reduce((sum, signal, index) => sum + signal * (model.weights[index] ?? 0), model.bias);
  const wanted = 1 / (1 + Math.exp(-score));
  let low = MIN_SCALE;
  let high = MAX_SCALE;
  for (let round = 0; round < BISECTIONS; round += 1) {
    const middle = Math.sqrt(low * high);
    if (topProbability(biased, middle) < wanted) low = middle;
    else high = middle;
  }
  const scale = Math.sqrt(low * high);
  return biased.map((logit) => logit * scale);
}

function withBias(logits: Float32Array, otherBias: number): number[] {
  return Array.from(logits, (logit, index) => (index === logits.length - 1 ? logit + otherBias : logit));
}

/** What the confidence model looks at; training computes exactly the same. */
function signals(logits: readonly number[], previous: readonly number[] | undefined): number[] {
  const [first = 0, second = 0, third = second] = logits.toSorted((a, b) => b - a);
  const best = logits.indexOf(first);
  const isOther = best === logits.length - 1 ? 1 : 0;
  const isSame = previous?.indexOf(Math.max(...previous)) === best ? 1 : 0;
  return [
    logOdds(topProbability(logits, 1)),
    first - second,
    second - third,
    isOther,
    isOther * (first - second),
    Math.log(logits.length),
    previous === undefined ? 1 : 0,
    isSame,
    previous === undefined ? 0 : logOdds(topProbability(previous, 1)),
    isOther * Math.max(0, 1 - (first - second) / NARROW),
  ];
}

const logOdds = (probability: number): number => Math.log(probability / (1 - probability + 1e-6));

/** Softmax probability of the largest logit after scaling. */
function topProbability(logits: readonly number[], scale: number): number {
  const top = Math.max(...logits);
  return 1 / logits.reduce((sum, logit) => sum + Math.exp((logit - top) * scale), 0);
}

/** Count, sum and sum of squares of a measure of one arm's requests. */
export interface Moments {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

export interface MomentsBatch {
  readonly control: Moments;
  readonly candidate: Moments;
}

/** What the candidate's mean may at most be: a factor of the control's mean, or a bound. */
export type MeanLimit = { readonly timesControl: number } | { readonly atMost: number };

/** Standard deviations of the measure that a difference worth finding is expected to have. */
const EXPECTED_EFFECT = 0.2;

/**
 * Natural logarithm of the evidence that the candidate's mean is above its limit, after each batch: the mixture
 * sequential probability ratio test on the difference of means, with a half-normal mixture of effects. Valid at every
 * look, asymptotically, for means of any law with a variance: Johari, Pekelis and Walsh, "Always valid inference"
 * (2015), https://arxiv.org/abs/1512.04922, and Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central
 * limit theory and asymptotic confidence sequences" (2021), https://arxiv.org/abs/2103.06476. There is none, 0, below
 * two requests an arm and where nothing varies.
 */
export function meanEvidence(limit: MeanLimit, batches: readonly MomentsBatch[]): number[] {
  let control: Moments = { count: 0, sum: 0, squares: 0 };
  let candidate = control;
  return batches.map((batch) => {
    control = add(control, batch.control);
    candidate = add(candidate, batch.candidate);
    return evidence(limit, control, candidate);
  });
}

function evidence(limit: MeanLimit, control: Moments, candidate: Moments): number {
  const own = estimate(candidate);
  const other = "atMost" in limit ? { mean: limit.atMost, variance: 0, error: 0 } : estimate(control);
  if (own === null || other === null) return 0;
  const factor = "atMost" in limit ? 1 : limit.timesControl;
  const error = own.error + factor ** 2 * other.error;
  if (!(error > 0)) return 0;
  const spread = Math.max(own.variance, factor ** 2 * other.variance) * EXPECTED_EFFECT ** 2;
  const information = spread / error;
  const z = (own.mean - factor * other.mean) / Math.sqrt(error);
  const shrunk = (z * z * information) / (1 + information);
  const direction = logNormalCdf(Math.sign(z) * Math.sqrt(shrunk));
  return Math.LN2 + direction + (shrunk - Math.log(1 + information)) / 2;
}

function estimate({ count, sum, squares }: Moments): { mean: number; variance: number; error: number } | null {
  if (count < 2) return null;
  const mean = sum / count;
  const variance = Math.max(0, (squares - sum * mean) / (count - 1));
  return { mean, variance, error: variance / count };
}

const add = (a: Moments, b: Moments): Moments => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  squares: a.squares + b.squares,
});

/**
 * Natural logarithm of the standard normal distribution function: Zelen and Severo, Abramowitz and Stegun 26.2.17. Far
 * out the function itself would be zero, and a candidate that is much better would look like one that is worse.
 */
function logNormalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const logTail = Math.log(series / Math.sqrt(2 * Math.PI)) - (x * x) / 2;
  return x >= 0 ? Math.log1p(-Math.exp(logTail)) : logTail;
}

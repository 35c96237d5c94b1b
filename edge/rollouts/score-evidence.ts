import type { Moments, MomentsBatch } from "./mean-evidence.ts";

/** What the candidate's mean score must at least be: not more than so much below the control's, or a bound. */
export type ScoreLimit = { readonly belowControl: number } | { readonly atLeast: number };

/** Half the range of scores, which lie from -1 to 1: a score is never further than twice this from a mean. */
const RANGE = 2;
/** Shares of the wealth that a gambler against the limit may stake; equally likely. With none, nothing can be lost. */
const STAKES = [0, 0.03, 0.1, 0.3, 0.9].map((stake) => ({ stake, price: -Math.log(1 - stake) - stake }));
/** Means of the control that are tried, and how often the neighbourhood of the best one is halved. */
const TRIED = 50;
const HALVINGS = 16;

/**
 * Natural logarithm of the evidence (an e-process) that the candidate's mean score is under its limit, after each
 * batch. While it is not, the chance that the evidence ever reaches 1/α is at most α, however often it is looked at and
 * however few or skewed the scores are (Ville's inequality): it is a gambler's wealth that grows by at most 1 + λξ a
 * score, bounded from below as in Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic
 * confidence sequences" (2021), https://arxiv.org/abs/1810.08240, section 3.2, and mixed over stakes λ as in
 * Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting" (2024),
 * https://arxiv.org/abs/2010.09686. Against the control, whose mean is not known either, it is the least evidence that
 * any mean of the control leaves: against the candidate's keeping its distance from that mean, and against that mean.
 */
export function scoreEvidence(limit: ScoreLimit, batches: readonly MomentsBatch[]): number[] {
  let control: Moments = { count: 0, sum: 0, squares: 0 };
  let candidate = control;
  return batches.map((batch) => {
    control = add(control, batch.control);
    candidate = add(candidate, batch.candidate);
    if ("atLeast" in limit) return evidenceBelow(candidate, limit.atLeast);
    const { belowControl } = limit;
    return least(
      (mean) => evidenceBelow(candidate, Math.max(-1, mean - belowControl)) + evidenceBelow(negative(control), -mean),
    );
  });
}

/** Evidence that the mean of scores is below `mean`. */
function evidenceBelow({ count, sum, squares }: Moments, mean: number): number {
  const fall = (count * mean - sum) / RANGE;
  const spread = (squares - 2 * mean * sum + count * mean * mean) / RANGE ** 2;
  return logSum(STAKES.map(({ stake, price }) => stake * fall - price * spread)) - Math.log(STAKES.length);
}

/** The least value of a function over the means there are. */
function least(of: (mean: number) => number): number {
  let [best, at] = [Infinity, 0];
  const look = (mean: number): void => {
    const value = of(mean);
    if (value < best) [best, at] = [value, mean];
  };
  for (let index = -TRIED; index <= TRIED; index += 1) look(index / TRIED);
  for (let step = 0.5 / TRIED; step > 0.5 / TRIED / 2 ** HALVINGS; step /= 2) {
    const around = at;
    look(Math.max(-1, around - step));
    look(Math.min(1, around + step));
  }
  return best;
}

const negative = ({ count, sum, squares }: Moments): Moments => ({ count, sum: -sum, squares });

const add = (a: Moments, b: Moments): Moments => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  squares: a.squares + b.squares,
});

function logSum(logs: readonly number[]): number {
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0));
}

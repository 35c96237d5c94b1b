import { binomialQuantile } from "./binomial-quantile.ts";
import type { Moments } from "./mean-evidence.ts";

/** What a sample says of a share, a mean or a percentile: the estimate and its 95 % confidence interval. */
export interface Estimate {
  /** Requests it rests on. */
  readonly of: number;
  readonly value: number;
  /** Null where so few requests give no bound. */
  readonly low: number | null;
  readonly high: number | null;
}

/** The chance with which an interval holds the true value. */
export const CONFIDENCE = 0.95;
/** The standard normal distribution's 0.975 quantile. */
const Z = 1.959963984540054;
/** Degrees of freedom from which the expansion of Student's quantile is within a percent. */
const LEAST_FREEDOM = 2;

/**
 * A share, `bad` of `requests`, with Wilson's score interval: Wilson, "Probable inference, the law of succession, and
 * statistical inference", JASA 22 (1927). It keeps its confidence for small samples and rare events. Null for none.
 */
export function shareEstimate(bad: number, requests: number): Estimate | null {
  if (requests === 0) return null;
  const share = bad / requests;
  const shrink = 1 + Z ** 2 / requests;
  const centre = (share + Z ** 2 / (2 * requests)) / shrink;
  const half = (Z / shrink) * Math.sqrt((share * (1 - share)) / requests + Z ** 2 / (4 * requests ** 2));
  const low = bad === 0 ? 0 : Math.max(0, centre - half);
  const high = bad === requests ? 1 : Math.min(1, centre + half);
  return { of: requests, value: share, low, high };
}

/**
 * A mean with Student's t interval (Student, "The probable error of a mean", Biometrika 6, 1908): exact for normal
 * values, for others by the central limit theorem, so of skewed ones such as cost from some hundred requests on. Null
 * for none, unbounded below three.
 */
export function meanEstimate({ count, sum, squares }: Moments): Estimate | null {
  if (count === 0) return null;
  const value = sum / count;
  const freedom = count - 1;
  if (freedom < LEAST_FREEDOM) return { of: count, value, low: null, high: null };
  const variance = Math.max(0, (squares - sum * value) / freedom);
  const half = studentQuantile(freedom) * Math.sqrt(variance / count);
  return { of: count, value, low: value - half, high: value + half };
}

/** Places, from 1, in a sorted sample: of a percentile and of its bounds; null where the sample gives no bound. */
export interface QuantileRanks {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Where in a sorted sample of `count` its `share` quantile and the bounds of its confidence interval lie. Holds for
 * every law, for how many values lie below a quantile is binomial: David and Nagaraja, "Order Statistics" (3rd ed.,
 * 2003), section 7.1. Null for an empty sample.
 */
export function quantileRanks(count: number, share: number): QuantileRanks | null {
  if (count === 0) return null;
  const tail = (1 - CONFIDENCE) / 2;
  const low = binomialQuantile(count, share, tail);
  const high = binomialQuantile(count, share, 1 - tail) + 1;
  return {
    value: Math.max(1, Math.ceil(count * share)),
    low: low < 1 ? null : low,
    high: high > count ? null : high,
  };
}

/**
 * How far `ours` lies above `theirs`, from the intervals of both: the method of variance estimates recovery, Zou and
 * Donner, "Construction of confidence intervals about effect measures", Statistics in Medicine 27 (2008); of Wilson's
 * intervals it is Newcombe's method 10 (Statistics in Medicine 17, 1998), of Student's close to Welch's. Unbounded
 * where one of them is.
 */
export function differenceOf(ours: Estimate | null, theirs: Estimate | null): Estimate | null {
  if (ours === null || theirs === null) return null;
  const value = ours.value - theirs.value;
  const reach = (near: number | null, far: number | null): number | null =>
    near === null || far === null ? null : Math.hypot(ours.value - near, theirs.value - far);
  const below = reach(ours.low, theirs.high);
  const above = reach(ours.high, theirs.low);
  return {
    of: Math.min(ours.of, theirs.of),
    value,
    low: below === null ? null : value - below,
    high: above === null ? null : value + above,
  };
}

/** Student's 0.975 quantile: Abramowitz and Stegun 26.7.5, from the normal one. */
function studentQuantile(freedom: number): number {
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
    (79 * Z ** 9 + 776 * Z ** 7 + 1482 * Z ** 5 - 1920 * Z ** 3 - 945 * Z) / 92_160,
  ];
  return terms.reduce((sum, term, index) => sum + term / freedom ** (index + 1), Z);
}

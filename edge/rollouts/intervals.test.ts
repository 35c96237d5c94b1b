import { describe, expect, it } from "vitest";
import { binomialQuantile } from "./binomial-quantile.ts";
import { differenceOf, meanEstimate, quantileRanks, shareEstimate, type Estimate } from "./intervals.ts";
import type { Moments } from "./mean-evidence.ts";

const momentsOf = (...values: number[]): Moments => ({
  count: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  squares: values.reduce((sum, value) => sum + value * value, 0),
});
const bounds = (estimate: Estimate | null): (number | null | undefined)[] => [estimate?.low, estimate?.high];
const close = (value: number, digits = 9) => expect.closeTo(value, digits);

// The figures are statsmodels' 0.15.0 and SciPy's 1.17.1, by the call that each test names.
describe("an interval", () => {
  // statsmodels.stats.proportion.proportion_confint(bad, requests, method="wilson")
  it.each([
    [0, 10, 0, 0.27753279986288926],
    [1, 10, 0.017876213095072924, 0.40415002679523854],
    [3, 200, 0.005114237793258307, 0.043165728792690275],
    [50, 50, 0.9286524008666412, 1],
    [40, 1000, 0.02951097368545276, 0.05400964412125796],
  ])("of a share is Wilson's: %d of %d", (bad, requests, low, high) => {
    const estimate = shareEstimate(bad, requests);
    expect(estimate).toMatchObject({ of: requests, value: bad / requests });
    expect(bounds(estimate)).toEqual([close(low), close(high)]);
  });

  // scipy.stats.quantile_test(range(1, count + 1), q=1, p=share).confidence_interval(0.95)
  it.each([
    [5, 0.5, 3, null, null],
    [5, 0.95, 5, 4, null],
    [10, 0.5, 5, 2, 9],
    [30, 0.5, 15, 10, 21],
    [30, 0.95, 29, 26, null],
    [100, 0.5, 50, 40, 61],
    [100, 0.95, 95, 90, 100],
    [1000, 0.5, 500, 469, 532],
    [1000, 0.95, 950, 936, 964],
  ])("of a percentile lies between two of %d values, for share %d", (count, share, value, low, high) => {
    expect(quantileRanks(count, share)).toEqual({ value, low, high });
  });

  // scipy.stats.binom.ppf([0.025, 0.975], 1_000_000, share)
  it.each([
    [0.5, 499_020, 500_980],
    [0.95, 949_572, 950_427],
  ])("of a percentile of a million values is as exact, for share %d", (share, low, high) => {
    expect([binomialQuantile(1e6, share, 0.025), binomialQuantile(1e6, share, 0.975)]).toEqual([low, high]);
  });

  // scipy.stats.t.interval(0.95, 4, loc=6.2, scale=scipy.stats.sem([1, 2, 4, 8, 16]))
  it("of a mean is Student's, within a thousandth of its width", () => {
    const estimate = meanEstimate(momentsOf(1, 2, 4, 8, 16));
    expect(estimate).toMatchObject({ of: 5, value: 6.2 });
    expect(bounds(estimate)).toEqual([close(-1.3731325632789027, 1), close(13.773132563278903, 1)]);
  });

  // scipy.stats.t.ppf(0.975, freedom)
  it.each([
    [2, 4.302652729749462, 1],
    [5, 2.5705818356363146, 2],
    [30, 2.0422724563012378, 5],
    [100, 1.9839715185235518, 7],
  ])("of a mean takes Student's quantile for %d degrees of freedom", (freedom, quantile, digits) => {
    // Values with a mean of 0 and a standard error of 1.
    const estimate = meanEstimate({ count: freedom + 1, sum: 0, squares: freedom * (freedom + 1) });
    expect(estimate?.high).toBeCloseTo(quantile, digits);
  });

  it("is none without values, and has no bounds where values give none", () => {
    expect([shareEstimate(0, 0), meanEstimate(momentsOf()), quantileRanks(0, 0.5)]).toEqual([null, null, null]);
    expect(meanEstimate(momentsOf(3, 4))).toEqual({ of: 2, value: 3.5, low: null, high: null });
    expect(quantileRanks(1, 0.95)).toEqual({ value: 1, low: null, high: null });
    expect(meanEstimate(momentsOf(5, 5, 5, 5))).toEqual({ of: 4, value: 5, low: 5, high: 5 });
  });
});

describe("the difference of two arms", () => {
  // statsmodels.stats.proportion.confint_proportions_2indep(*ours, *theirs, method="newcomb", correction=False)
  it.each([
    [[56, 70], [48, 80], 0.05243147240236498, 0.33387265403690614],
    [[9, 10], [3, 10], 0.1705227239345029, 0.809017973535488],
    [[0, 10], [0, 10], -0.27753279986288926, 0.27753279986288926],
  ])("of shares is Newcombe's: %j and %j", ([bad = 0, of = 0], [theirBad = 0, theirOf = 0], low, high) => {
    const difference = differenceOf(shareEstimate(bad, of), shareEstimate(theirBad, theirOf));
    expect(bounds(difference)).toEqual([close(low), close(high)]);
  });

  // scipy.stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval() is (1.048, 6.152)
  it("of means is close to Welch's, and wider for so few", () => {
    const difference = differenceOf(meanEstimate(momentsOf(3, 5, 4, 9, 7, 8)), meanEstimate(momentsOf(1, 2, 4, 3, 2)));
    expect(difference).toMatchObject({ of: 5, value: close(3.6) });
    const [low, high] = bounds(difference);
    expect(low).toBeLessThan(1.048);
    expect(low).toBeGreaterThan(0.6);
    expect(high).toBeGreaterThan(6.152);
    expect(high).toBeLessThan(6.6);
  });

  it("has no bound where one of the arms has none, and is none without both", () => {
    const known = shareEstimate(1, 10);
    expect(differenceOf({ of: 3, value: 0.5, low: null, high: 0.6 }, known)).toMatchObject({
      low: null,
      high: close(0.4 + Math.hypot(0.1, 0.1 - 0.017876213095072924)),
    });
    expect([differenceOf(known, null), differenceOf(null, known)]).toEqual([null, null]);
  });
});

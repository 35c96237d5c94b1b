import { describe, expect, it } from "vitest";
import type { Moments } from "./mean-evidence.ts";
import { scoreEvidence } from "./score-evidence.ts";

const of = (...scores: number[]): Moments => ({
  count: scores.length,
  sum: scores.reduce((sum, score) => sum + score, 0),
  squares: scores.reduce((sum, score) => sum + score * score, 0),
});
const NONE = of();
const evidence = (candidate: Moments, atLeast: number): number =>
  Math.exp(scoreEvidence({ atLeast }, [{ control: NONE, candidate }])[0] ?? Number.NaN);

describe("evidence about a score", () => {
  it("is the wealth of a gambler who mixes stakes", () => {
    // One score of -1 where at least 0 is asked: half the range below.
    const wealth = (stake: number): number => Math.exp(stake * 0.5 - (-Math.log(1 - stake) - stake) * 0.25);
    const expected = [0, 0.03, 0.1, 0.3, 0.9].reduce((sum, stake) => sum + wealth(stake) / 5, 0);
    expect(evidence(of(-1), 0)).toBeCloseTo(expected, 12);
  });

  it.each([-0.9, -0.5, 0, 0.5, 0.9])("is worth at most nothing, a factor of one, where %d is just kept", (mean) => {
    // Scores of every law with this mean are mixtures of two-point ones.
    for (const low of [-1, (mean - 1) / 2]) {
      for (const high of [1, (mean + 1) / 2]) {
        const share = (high - mean) / (high - low);
        const expected = share * evidence(of(low), mean) + (1 - share) * evidence(of(high), mean);
        expect(expected).toBeLessThanOrEqual(1 + 1e-12);
      }
    }
  });

  it("against the control is the least that any mean of it leaves", () => {
    const arms = { control: of(...Array<number>(30).fill(1), -1), candidate: of(...Array<number>(20).fill(-1), 1) };
    const [least = Number.NaN] = scoreEvidence({ belowControl: 0.1 }, [arms]);
    const mirrored = { count: arms.control.count, sum: -arms.control.sum, squares: arms.control.squares };
    const left = (mean: number): number =>
      Math.log(evidence(arms.candidate, Math.max(-1, mean - 0.1))) + Math.log(evidence(mirrored, -mean));
    const tried = Array.from({ length: 20_001 }, (_, index) => left(index / 10_000 - 1));
    expect(least).toBeGreaterThan(2);
    expect(least).toBeLessThanOrEqual(Math.min(...tried) + 1e-9);
    expect(least).toBeGreaterThan(Math.min(...tried) - 1e-3);
  });

  it("adds batches up, and stays a number for large ones", () => {
    const [good, bad] = [of(1, 1, 0.5), of(-1, -0.5)];
    const split = scoreEvidence({ atLeast: 0 }, [
      { control: NONE, candidate: good },
      { control: NONE, candidate: bad },
    ]);
    expect(split[1]).toBeCloseTo(Math.log(evidence(of(1, 1, 0.5, -1, -0.5), 0)), 12);
    const large = { count: 1_000_000, sum: -1_000_000, squares: 1_000_000 };
    const control = { count: 1_000_000, sum: 1_000_000, squares: 1_000_000 };
    for (const limit of [{ belowControl: 0 }, { belowControl: 2 }, { atLeast: 1 }, { atLeast: -1 }]) {
      for (const log of scoreEvidence(limit, [{ control, candidate: large }])) expect(log).not.toBeNaN();
    }
  });
});

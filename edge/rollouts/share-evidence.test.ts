import { describe, expect, it } from "vitest";
import { shareEvidence, type TallyBatch } from "./share-evidence.ts";

const batch = (control: [number, number], candidate: [number, number]): TallyBatch => ({
  control: { requests: control[0], bad: control[1] },
  candidate: { requests: candidate[0], bad: candidate[1] },
});

describe("evidence about a share", () => {
  it("is half the mixture of likelihood ratios, and half kept for later: one bad request falls to either arm by chance", () => {
    const begun = 0.1 * (1.5 / 1.25) + 0.4 * (2 / 1.5) + 0.4 * (3 / 2) + 0.1 * (6 / 3.5);
    const [log = Number.NaN] = shareEvidence({ timesControl: 1 }, [batch([2, 0], [2, 1])]);
    expect(Math.exp(log)).toBeCloseTo(0.75 + 0.25 * begun, 12);
  });

  it("is the binomial likelihood ratio against a bound", () => {
    const ratio = (odds: number): number => (odds / (0.9 + 0.1 * odds)) * (1 / (0.9 + 0.1 * odds));
    const begun = 0.1 * ratio(1.5) + 0.4 * ratio(2) + 0.4 * ratio(3) + 0.1 * ratio(6);
    const [log = Number.NaN] = shareEvidence({ atMost: 0.1 }, [batch([9, 9], [2, 1])]);
    expect(Math.exp(log)).toBeCloseTo(0.75 + 0.25 * begun, 12);
  });

  it.each([1, 1.4])(
    "is worth nothing on average, a factor of one, at the limit of %d times the odds",
    (timesControl) => {
      // Three bad of 4 and 6 requests: every way they may fall, weighed as they fall when the limit is just kept.
      const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
      const ways = [0, 1, 2, 3].map((bad) => ({
        bad,
        weight: choose(4, bad) * choose(6, 3 - bad) * timesControl ** bad,
      }));
      const total = ways.reduce((sum, { weight }) => sum + weight, 0);
      const mean = ways.reduce((sum, { bad, weight }) => {
        const [log = Number.NaN] = shareEvidence({ timesControl }, [batch([6, 3 - bad], [4, bad])]);
        return sum + (weight / total) * Math.exp(log);
      }, 0);
      expect(mean).toBeCloseTo(1, 12);
    },
  );

  it("comes from what a candidate does late, however good it was for long", () => {
    const good = Array.from({ length: 400 }, () => batch([95, 2], [5, 0]));
    const bad = Array.from({ length: 12 }, () => batch([95, 2], [5, 2]));
    const of = (batches: TallyBatch[]): number => shareEvidence({ timesControl: 1 }, batches).at(-1) ?? 0;
    expect(of(good)).toBeLessThan(0);
    expect(of([...good, ...bad])).toBeGreaterThan(of(bad) / 2);
  });

  it("stays a number for large and for extreme batches", () => {
    const large = [batch([1_000_000, 500_000], [50_000, 50_000]), batch([3, 3], [3, 3]), batch([0, 0], [9, 0])];
    for (const limit of [{ timesControl: 1 }, { timesControl: 10 }, { atMost: 0.01 }, { atMost: 1 }]) {
      for (const log of shareEvidence(limit, large)) expect(log).not.toBeNaN();
    }
  });
});

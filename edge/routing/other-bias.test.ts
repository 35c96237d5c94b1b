import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Reading } from "./decision.ts";
import { withOtherBias } from "./other-bias.ts";

const decided = (probabilities: readonly number[]) => ({
  source: "engine" as const,
  scores: probabilities.map((probability, index) => ({
    policy: index === probabilities.length - 1 ? null : `p${String(index)}`,
    probability,
  })),
  unsureReason: null,
  engine: "embedded@1",
  decideMs: 3,
});
const probabilitiesOf = (reading: Reading) =>
  "scores" in reading ? reading.scores.map(({ probability }) => probability) : [];

describe("a router's bias of `other`", () => {
  it("multiplies the odds of `other` by e to its power", () => {
    const [a = 0, b = 0, other = 0] = probabilitiesOf(withOtherBias(decided([0.3, 0.2, 0.5]), Math.log(3)));
    expect(other / (a + b)).toBeCloseTo(3, 10);
    expect(a / b).toBeCloseTo(1.5, 10);
  });

  it("leaves the reading it was given alone, and a fallback too", () => {
    const reading = decided([0.4, 0.6]);
    withOtherBias(reading, -2);
    expect(reading).toEqual(decided([0.4, 0.6]));
    const fallback: Reading = { source: "fallback:timeout", decideMs: 250 };
    expect(withOtherBias(fallback, 2)).toBe(fallback);
  });

  it("gives probabilities that sum to 1, and more of `other` the higher it is", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 30 });
    const bias = fc.double({ min: -10, max: 10, noNaN: true });
    fc.assert(
      fc.property(weights, bias, (parts, value) => {
        const sum = parts.reduce((total, part) => total + part, 0);
        const before = parts.map((part) => part / sum);
        const after = probabilitiesOf(withOtherBias(decided(before), value));
        expect(after.reduce((total, part) => total + part, 0)).toBeCloseTo(1, 9);
        const change = (after.at(-1) ?? 0) - (before.at(-1) ?? 0);
        expect(Math.abs(change) < 1e-9 || Math.sign(change) === Math.sign(value)).toBe(true);
      }),
    );
  });
});

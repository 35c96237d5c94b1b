import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge } from "../routing/judge.ts";
import { withOtherBias } from "../routing/other-bias.ts";
import { settingsSchema } from "../routing/router-document.ts";
import { scoredTurns } from "./scored-turns.ts";
import { storedReading } from "./stored-reading.ts";

const read = (weights: readonly number[]) => {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const scores = weights.map((weight, place) => ({
    policy: place === weights.length - 1 ? null : `p${String(place)}`,
    probability: weight / sum,
  }));
  return { source: "engine" as const, scores, unsureReason: null, engine: "embedded@1", decideMs: 1 };
};

describe("a reading as it is kept", () => {
  it("is judged by any settings as the whole one", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 2, maxLength: 30 });
    const bias = fc.double({ min: -6, max: 6, noNaN: true });
    // No probability of these is at the threshold, where one more rounding could decide.
    const threshold = fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100 + Math.SQRT2 / 1_000);
    fc.assert(
      fc.property(weights, bias, threshold, (given, other_bias, min_confidence) => {
        const settings = settingsSchema.parse({ other_bias, min_confidence });
        const whole = judge(withOtherBias(read(given), other_bias), settings);
        const kept = { golden_case: null, name: null, expected: ["p0"], readings: [storedReading(read(given))] };
        const [turn] = scoredTurns(kept, settings);
        expect(turn?.verdict).toEqual({ ...whole, confidence: expect.closeTo(whole.confidence ?? -1, 9) as number });
      }),
    );
  });

  it("takes the same room whatever the number of policies", () => {
    const stored = storedReading(read([5, 9, 9, 1, 2]));
    expect(stored).toMatchObject({ scores: [{ policy: "p1" }, { policy: null }], engine: "embedded@1" });
    const many = storedReading(read(Array.from({ length: 200 }, (_, place) => place + 1)));
    expect("scores" in many && many.scores).toHaveLength(2);
  });

  it("says of a failure what failed", () => {
    expect(storedReading({ source: "fallback:timeout", decideMs: 250 })).toEqual({ failed: "fallback:timeout" });
  });
});

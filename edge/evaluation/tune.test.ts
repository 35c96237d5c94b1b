import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settingsSchema } from "../routing/router-document.ts";
import { flips } from "./flips.ts";
import { scoredTurns } from "./scored-turns.ts";
import { cheapest, tally } from "./tally.ts";
import { tune } from "./tune.ts";
import { tuningGrid } from "./tuning-grid.ts";
import type { DecidedCase, StoredReading } from "./turns.ts";

const COSTS = { wrong: 1, unsure: 0.5 };
const BOTH = ["other_bias", "min_confidence"] as const;

const scored = (policy: string, probability: number, other: number): StoredReading => ({
  scores: [
    { policy, probability },
    { policy: null, probability: other },
  ],
  unlisted: 1 - probability - other,
  unsure_reason: null,
  engine: "embedded@1",
});
const of = (expected: string, ...readings: StoredReading[]): DecidedCase => ({
  golden_case: null,
  name: null,
  expected: readings.map(() => expected),
  readings,
});
const times = (count: number, made: DecidedCase): DecidedCase[] => Array.from({ length: count }, () => made);
/** Small talk that the engine would rather take for code, and code that it is sure of. */
const TIMID = [
  ...times(20, of("other", scored("code", 0.55, 0.4))),
  ...times(20, of("code", scored("code", 0.9, 0.05))),
];

const reading = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 98 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([percent, share]) => scored("code", percent / 100, (1 - percent / 100) * share)),
  },
  { weight: 1, arbitrary: fc.constant<StoredReading>({ failed: "fallback:timeout" }) },
);
const someCase = fc
  .tuple(fc.constantFrom("code", "cooking", "other"), fc.array(reading, { minLength: 1, maxLength: 3 }))
  .map(([expected, readings]) => of(expected, ...readings));

describe("tuning", () => {
  it("makes `other` likelier where small talk is taken for a policy, and says what that saves", () => {
    const { from, to, heldOut } = tune(TIMID, settingsSchema.parse({}), { costs: COSTS, free: BOTH });
    expect(from).toEqual({ other_bias: 0, min_confidence: 0 });
    expect(to).toEqual({ other_bias: 0.5, min_confidence: 0 });
    expect(heldOut).toMatchObject({ before: { wrong: 20, cost: 20 }, after: { wrong: 0, cost: 0 } });
    expect(heldOut.saved).toMatchObject({ of: 40, value: 0.5 });
  });

  it("changes only what is free, to the nearest of equally good values", () => {
    const { to } = tune(TIMID, settingsSchema.parse({}), { costs: COSTS, free: ["min_confidence"] });
    expect(to).toEqual({ other_bias: 0, min_confidence: 0.56 });
  });

  it("trades wrong turns for unsure ones as their costs say", () => {
    const doubtful = [
      ...times(12, of("code", scored("code", 0.6, 0.1))),
      ...times(18, of("cooking", scored("code", 0.6, 0.1))),
    ];
    const least = (unsure: number) =>
      tune(doubtful, settingsSchema.parse({}), { costs: { wrong: 1, unsure }, free: ["min_confidence"] }).to
        .min_confidence;
    expect(least(0.5)).toBe(0.61);
    expect(least(0.7)).toBe(0);
  });

  it("changes nothing where what suits some cases does not suit the rest", () => {
    const odd = times(25, of("code", scored("code", 0.8, 0.1))).map((usual, place) =>
      place === 7 ? of("other", scored("code", 0.79, 0.2)) : usual,
    );
    const { from, to, heldOut } = tune(odd, settingsSchema.parse({}), { costs: COSTS, free: BOTH });
    expect(heldOut.saved.value).toBeLessThanOrEqual(0);
    expect(to).toEqual(from);
  });

  it("counts under every pair of values what judging each turn by it gives", () => {
    fc.assert(
      fc.property(
        fc.array(someCase, { minLength: 1, maxLength: 6 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (cases, bias) => {
          const settings = settingsSchema.parse({ other_bias: bias, min_confidence: 0.3333 });
          const grid = tuningGrid(settings, BOTH);
          const counts = tally(cases, settings, grid);
          let place = 0;
          for (const other_bias of grid.biases) {
            for (const min_confidence of grid.thresholds) {
              const turns = cases.flatMap((each) => scoredTurns(each, { ...settings, other_bias, min_confidence }));
              const unsure = turns.filter(({ verdict }) => verdict.outcome === "unsure");
              const wrong = turns.filter(
                ({ verdict, right }) => !right && ["matched", "other"].includes(verdict.outcome ?? ""),
              );
              if (counts.unsure[place] !== unsure.length || counts.wrong[place] !== wrong.length) return false;
              place += 1;
            }
          }
          return true;
        },
      ),
      { numRuns: 15 },
    );
  });

  it("never costs more than what the router has on the cases it was chosen on", () => {
    fc.assert(
      fc.property(fc.array(someCase, { minLength: 5, maxLength: 12 }), (cases) => {
        const settings = settingsSchema.parse({ min_confidence: 0.4 });
        const grid = tuningGrid(settings, BOTH);
        const counts = tally(cases, settings, grid);
        const costAt = (pair: { other_bias: number; min_confidence: number }) => {
          const place =
            grid.biases.indexOf(pair.other_bias) * grid.thresholds.length +
            grid.thresholds.indexOf(pair.min_confidence);
          return (counts.wrong[place] ?? NaN) + 0.5 * (counts.unsure[place] ?? NaN);
        };
        expect(costAt(cheapest(counts, grid, COSTS))).toBeLessThanOrEqual(costAt(grid.from));
      }),
      { numRuns: 30 },
    );
  });

  it("lists the turns that other settings judge otherwise", () => {
    const [before, after] = [settingsSchema.parse({}), settingsSchema.parse({ other_bias: 1 })];
    const cases = [
      of("other", scored("code", 0.55, 0.4), scored("code", 0.9, 0.05)),
      of("code", { failed: "fallback:timeout" }),
    ];
    expect(flips(cases, before, after)).toEqual([
      { golden_case: null, name: null, turn: 0, expected: "other", from: "code", to: "other" },
    ]);
  });
});

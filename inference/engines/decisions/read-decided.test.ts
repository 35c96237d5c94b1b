import { describe, expect, test } from "vitest";
import type { Decided } from "./decided.ts";
import { readDecided } from "./read-decided.ts";

const OPTIONS = ["a", "b", "other"];
const distribution = (
  probabilities: Record<string, number> | null,
  rest: Partial<Extract<Decided, { kind: "distribution" }>> = {},
): Decided => ({
  kind: "distribution",
  choice: null,
  probabilities: probabilities === null ? null : new Map(Object.entries(probabilities)),
  optionMass: null,
  tokens: null,
  ...rest,
});
const shares = (decided: Decided): number[] | undefined =>
  readDecided(decided, OPTIONS)?.logits.map((logit) => Number(Math.exp(logit).toFixed(3)));

describe("a distribution", () => {
  test.each([
    ["as it is", { a: 0.7, b: 0.2, other: 0.1 }, [0.7, 0.2, 0.1]],
    ["in percent", { a: 70, b: 20, other: 10 }, [0.7, 0.2, 0.1]],
    ["that sums to less than one", { a: 0.35, b: 0.1, other: 0.05 }, [0.7, 0.2, 0.1]],
    ["that leaves an option out", { a: 0.75, b: 0.25 }, [0.75, 0.25, 0]],
    ["with an option nobody gave", { a: 0.4, b: 0.2, c: 0.4 }, [0.667, 0.333, 0]],
  ])("%s", (_what, probabilities, expected) => {
    expect(shares(distribution(probabilities))).toEqual(expected);
    expect(readDecided(distribution(probabilities), OPTIONS)?.unsureReason).toBeUndefined();
  });

  test("counts whatever the choice says beside it", () => {
    expect(shares(distribution({ a: 0.9, b: 0.1 }, { choice: "b" }))).toEqual([0.9, 0.1, 0]);
  });
});

test("a choice without probabilities is taken, with less than full trust", () => {
  expect(shares(distribution(null, { choice: "b" }))).toEqual([0.1, 0.8, 0.1]);
  expect(shares(distribution({}, { choice: "b" }))).toEqual([0.1, 0.8, 0.1]);
});

test.each([
  ["a refusal", { kind: "refusal", tokens: null } as const, "refused"],
  ["a choice nobody gave", distribution(null, { choice: "c" }), "outside_options"],
  ["most mass on what nobody gave", distribution({ a: 0.2, c: 0.8 }), "outside_options"],
  ["a model that wanted to say something else", distribution({ a: 1 }, { optionMass: 0.2 }), "outside_options"],
])("%s is unsure", (_what, decided, reason) => {
  expect(readDecided(decided, OPTIONS)).toEqual({ logits: [0, 0, 0], unsureReason: reason });
});

test.each([
  ["neither choice nor probabilities", distribution(null)],
  ["a negative probability", distribution({ a: 1.2, b: -0.2 })],
  ["nothing but zeros", distribution({ a: 0, b: 0 })],
])("%s makes no sense", (_what, decided) => {
  expect(readDecided(decided, OPTIONS)).toBeNull();
});

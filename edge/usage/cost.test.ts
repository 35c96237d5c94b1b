import { describe, expect, it } from "vitest";
import { costUsd } from "./cost.ts";

const prices = { input_per_million: 2, cached_input_per_million: 0.5, output_per_million: 8 };
const usage = (inputTokens: number, cachedInputTokens: number | null, outputTokens: number) => ({
  inputTokens,
  cachedInputTokens,
  outputTokens,
});

describe("what an answer cost", () => {
  it.each([
    ["input and output at their prices", prices, usage(1_000_000, null, 500_000), 6],
    ["cached input at its own", prices, usage(1_000_000, 400_000, 0), 1.4],
    [
      "cached input as any other when it has none",
      { input_per_million: 2, output_per_million: 8 },
      usage(1_000_000, 400_000, 0),
      2,
    ],
    ["never less because a provider counts more cached than input", prices, usage(100, 1_000_000, 0), 0.00005],
    ["nothing when nothing was used", prices, usage(0, 0, 0), 0],
    ["nothing when it is free", { input_per_million: 0, output_per_million: 0 }, usage(9, 9, 9), 0],
  ])("is %s", (_name, given, used, expected) => {
    expect(costUsd(given, used)).toBeCloseTo(expected, 12);
  });
});

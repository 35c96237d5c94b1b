import { describe, expect, it } from "vitest";
import { costUsd } from "./cost.ts";

const plain = { input_per_million: 2, output_per_million: 8 };
const prices = { ...plain, cached_input_per_million: 0.5, reasoning_per_million: 16 };
const usage = (
  inputTokens: number,
  cachedInputTokens: number | null,
  outputTokens: number,
  reasoningTokens: number | null = null,
) => ({ inputTokens, cachedInputTokens, outputTokens, reasoningTokens });

describe("what an answer cost", () => {
  it.each([
    ["input and output at their prices", prices, usage(1_000_000, null, 500_000), 6],
    ["cached input at its own", prices, usage(1_000_000, 400_000, 0), 1.4],
    ["cached input as any other when it has none", plain, usage(1_000_000, 400_000, 0), 2],
    ["never less because a provider counts more cached than input", prices, usage(100, 1_000_000, 0), 0.00005],
    ["reasoning at its own, the rest of the output at its", prices, usage(0, null, 1_000_000, 250_000), 10],
    ["reasoning as any other output when it has none", plain, usage(0, null, 1_000_000, 250_000), 8],
    ["never more because a provider counts more reasoning than output", prices, usage(0, null, 100, 1_000_000), 0.0016],
    ["all four together", prices, usage(1_000_000, 500_000, 500_000, 100_000), 1 + 0.25 + 3.2 + 1.6],
    ["nothing for what is free beside what is not", { ...prices, cached_input_per_million: 0 }, usage(10, 10, 0), 0],
    ["nothing when nothing was used", prices, usage(0, 0, 0, 0), 0],
    ["nothing when it is free", { input_per_million: 0, output_per_million: 0 }, usage(9, 9, 9, 9), 0],
  ])("is %s", (_name, given, used, expected) => {
    expect(costUsd(given, used)).toBeCloseTo(expected, 12);
  });
});

import type { Model } from "../tenancy/snapshot.ts";

/** Tokens of one answer. Cached input is part of the input, reasoning part of the output, as OpenAI counts them. */
interface BilledTokens {
  readonly inputTokens: number;
  readonly cachedInputTokens: number | null;
  readonly outputTokens: number;
}

const PER_MILLION = 1_000_000;

/** US dollars that an answer cost. Cached input is billed at its own price, or as any other input when it has none. */
export function costUsd(prices: NonNullable<Model["prices"]>, usage: BilledTokens): number {
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens);
  const cachedPrice = prices.cached_input_per_million ?? prices.input_per_million;
  const input = (usage.inputTokens - cached) * prices.input_per_million + cached * cachedPrice;
  return (input + usage.outputTokens * prices.output_per_million) / PER_MILLION;
}

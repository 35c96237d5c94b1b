import type { Prices } from "../tenancy/snapshot.ts";

/** Tokens of one answer. Cached input is part of the input, reasoning part of the output, as OpenAI counts them. */
interface BilledTokens {
  readonly inputTokens: number;
  readonly cachedInputTokens: number | null;
  readonly outputTokens: number;
  readonly reasoningTokens: number | null;
}

const PER_MILLION = 1_000_000;

/** US dollars that an answer cost. A part that has no price of its own is billed as the rest of its kind. */
export function costUsd(prices: Prices, usage: BilledTokens): number {
  const { input_per_million: input, output_per_million: output } = prices;
  const { cached_input_per_million: cached = input, reasoning_per_million: reasoning = output } = prices;
  const asked = partlyAt(usage.inputTokens, input, usage.cachedInputTokens, cached);
  return (asked + partlyAt(usage.outputTokens, output, usage.reasoningTokens, reasoning)) / PER_MILLION;
}

/** A provider may count more of a part than of the whole: the whole is what was used. */
function partlyAt(tokens: number, price: number, part: number | null, partPrice: number): number {
  const apart = Math.min(part ?? 0, tokens);
  return (tokens - apart) * price + apart * partPrice;
}

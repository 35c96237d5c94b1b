import type { TokenCounts } from "../contract/index.ts";

export const NO_TOKENS: TokenCounts = { prompt: 0, cached: 0, completion: 0 };

/** The sum, divided by `decisions` where a mean is wanted. */
export function sumTokens(counts: readonly TokenCounts[], decisions = 1): TokenCounts {
  const total = (of: (one: TokenCounts) => number): number => counts.reduce((sum, one) => sum + of(one), 0) / decisions;
  return {
    prompt: total(({ prompt }) => prompt),
    cached: total(({ cached }) => cached),
    completion: total(({ completion }) => completion),
  };
}

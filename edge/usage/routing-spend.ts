import type { Reading, RoutingTokens } from "../routing/decision.ts";
import type { Prices } from "../tenancy/snapshot.ts";
import { costUsd } from "./cost.ts";
import type { DecisionRecord } from "./decision-record.ts";

interface RoutingSpend {
  /** Readings for which a router model was asked that counts what it takes. */
  readonly decisions: number;
  readonly spend: Pick<
    DecisionRecord,
    "routing_input_tokens" | "routing_cached_input_tokens" | "routing_output_tokens" | "routing_cost_usd"
  >;
}

/** The router models' own calls: a remembered decision took none. What has no price is left out of the cost. */
export function routingSpend(
  readings: readonly Reading[],
  enginePrices: Readonly<Record<string, Prices>>,
): RoutingSpend {
  const counted = readings.flatMap((reading) => {
    const tokens = "scores" in reading && reading.source === "engine" ? (reading.tokens ?? []) : [];
    return tokens.length === 0 ? [] : [tokens];
  });
  const asked = counted.flat();
  const sum = (of: (tokens: RoutingTokens) => number): number | null =>
    asked.length === 0 ? null : asked.reduce((total, one) => total + of(one), 0);
  const priced = asked.flatMap((tokens) => {
    const prices = Object.hasOwn(enginePrices, tokens.engine) ? enginePrices[tokens.engine] : undefined;
    return prices === undefined ? [] : [costUsd(prices, { ...tokens, reasoningTokens: null })];
  });
  return {
    decisions: counted.length,
    spend: {
      routing_input_tokens: sum(({ inputTokens }) => inputTokens),
      routing_cached_input_tokens: sum(({ cachedInputTokens }) => cachedInputTokens),
      routing_output_tokens: sum(({ outputTokens }) => outputTokens),
      routing_cost_usd: priced.length === 0 ? null : priced.reduce((total, cost) => total + cost, 0),
    },
  };
}

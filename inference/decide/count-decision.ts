import type { DecideResponse, TokenCounts } from "../contract/index.ts";
import type { Metrics } from "../metrics.ts";

/** Counts a decision, what its model read for it, and how a cascade came to it. */
export function countDecision(metrics: Metrics, asked: string, decision: DecideResponse): void {
  const { unsureReason, decidedBy, tokens, tokensBefore } = decision;
  metrics.decisions.inc({ engine: asked, result: unsureReason ?? "ok" });
  countTokens(metrics, decidedBy ?? asked, tokens);
  if (tokensBefore !== undefined) countTokens(metrics, tokensBefore.engine, tokensBefore.tokens);
  if (decidedBy !== undefined) metrics.cascades.inc({ engine: asked, outcome: outcomeOf(decision) });
}

function countTokens(metrics: Metrics, nameAndVersion: string, tokens: TokenCounts | undefined): void {
  const [engine = ""] = nameAndVersion.split("@", 1);
  for (const [kind, count] of Object.entries(tokens ?? {})) metrics.tokens.inc({ engine, kind }, count);
}

function outcomeOf({ escalated, agreed, unsureReason }: DecideResponse): string {
  if (!escalated) return "kept";
  if (agreed !== undefined) return agreed ? "agreed" : "changed";
  if (unsureReason === "late") return "late";
  return unsureReason === undefined ? "second_only" : "unsure";
}

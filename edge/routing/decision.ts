import type { Score, UnsureReason } from "../../inference/contract/index.ts";

/** Why routing gave no decision and the fallback target serves instead. */
export type FallbackReason = "timeout" | "unavailable" | "overloaded" | "invalid" | "breaker_open";

/** What one engine's model read and wrote for a decision. Cached tokens are part of the input. */
export interface RoutingTokens {
  /** Name of the engine. */
  readonly engine: string;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

/** How an engine came to a decision, where that took more than one reading of the turn. */
export interface Deciding {
  /** `name@version` of the engine of a cascade whose answer counts; null when the engine is none. */
  readonly decidedBy: string | null;
  /** Whether a cascade asked its bigger engine. */
  readonly escalated: boolean;
  /** Whether both engines of a cascade chose the same; null unless both chose something. */
  readonly agreed: boolean | null;
  /** How many policies the deciding model was asked about, when that was not all of them. */
  readonly shortlisted: number | null;
}

/** What the decider found out about a turn, before the router's thresholds are applied. */
export type Reading =
  | {
      readonly source: "engine" | "memo";
      readonly scores: readonly Score[];
      readonly unsureReason: UnsureReason | null;
      /** `name@version`. */
      readonly engine: string;
      readonly decideMs: number;
      readonly deciding?: Deciding;
      /** By each engine that was asked and counts; absent when none did. */
      readonly tokens?: readonly RoutingTokens[];
    }
  | { readonly source: `fallback:${FallbackReason}`; readonly decideMs: number };

export type Outcome = "matched" | "other" | "unsure";

/** A reading judged by a router's settings. `outcome` is null when routing gave no decision. */
export interface Verdict {
  readonly outcome: Outcome | null;
  /** The matched policy; null for `other`, `unsure` and a fallback. */
  readonly policy: string | null;
  /** Calibrated probability (0..1) of the best option; null on a fallback. */
  readonly confidence: number | null;
}

/** What serving a request takes beyond plain text. */
export interface Needs {
  readonly images: boolean;
  readonly audio: boolean;
  readonly files: boolean;
  readonly tools: boolean;
  readonly responseFormat: boolean;
  /** Estimate of input plus asked-for output, in tokens. */
  readonly tokens: number;
}

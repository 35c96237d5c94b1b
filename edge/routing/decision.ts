import type { Score, UnsureReason } from "../../inference/contract/index.ts";

/** Why routing gave no decision and the fallback target serves instead. */
export type FallbackReason = "timeout" | "unavailable" | "overloaded" | "invalid" | "breaker_open";

/** Tokens of the router model's own calls for one decision. Cached ones are part of the input. */
export interface RoutingTokens {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
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
      /** What the router model itself read and wrote for this; absent when it was not asked, or does not count. */
      readonly tokens?: RoutingTokens;
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

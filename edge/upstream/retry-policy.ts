/** What went wrong with one call to a provider, before a byte of its answer reached the client. */
export type UpstreamFailure =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfterMs: number | null;
      readonly mayRetry: boolean;
    }
  | { readonly kind: "connect" }
  /** `begun` when part of the answer had arrived: it has been paid for. */
  | { readonly kind: "timeout"; readonly begun: boolean }
  /** The provider refused the tenant's credential, or the credential cannot be opened. */
  | {
      readonly kind: "credential";
      /** It was let in, but not to this model. */
      readonly modelDenied?: boolean;
    }
  | { readonly kind: "redirect" }
  /** The provider's address is not allowed in this deployment; `reason` completes "its base URL …". */
  | { readonly kind: "address"; readonly reason: string }
  /** An answer that is not JSON, or broken off. */
  | { readonly kind: "malformed" }
  /** An answer too large to be held. */
  | { readonly kind: "oversized" }
  | { readonly kind: "loop" };

/** Times in milliseconds; `attempt` counts the calls made to this candidate, from 1. */
export interface RetryState {
  readonly attempt: number;
  /** Since the first call of the request, over all candidates. */
  readonly elapsedMs: number;
  /** How long after the first call the same candidate may still be tried again. */
  readonly budgetMs: number;
  /** Random number in 0..1. */
  readonly random: number;
}

export type NextStep =
  | { readonly step: "retry"; readonly waitMs: number }
  /** Go to the next fallback, if there is one. */
  | { readonly step: "next" }
  /** No other candidate is asked: the fault lies in the configuration, or the answer has already been paid for. */
  | { readonly step: "stop" };

const MAX_ATTEMPTS = 3;
const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 4_000;
const NOT_WORTH_RETRYING = new Set([501, 505]);

/** What to do after a failed call: a pure function, so that a table can test it. */
export function nextStep(failure: UpstreamFailure, state: RetryState): NextStep {
  switch (failure.kind) {
    case "credential":
    case "redirect":
    case "address":
    case "malformed":
    case "oversized":
    case "loop":
      return { step: "stop" };
    case "status":
      if (NOT_WORTH_RETRYING.has(failure.status) || !failure.mayRetry) return { step: "next" };
      return retryWithin(state, failure.retryAfterMs);
    case "timeout":
      // It has had its time; a client that left quietly meanwhile is only noticed when all candidates have had theirs.
      return { step: failure.begun ? "stop" : "next" };
    case "connect":
      return retryWithin(state, null);
  }
}

/** True for the statuses that speak about the provider's state rather than about the request. */
export function isRetryableStatus(status: number): boolean {
  return status === 429 || status >= 500;
}

function retryWithin(state: RetryState, retryAfterMs: number | null): NextStep {
  if (state.attempt >= MAX_ATTEMPTS) return { step: "next" };
  const waitMs = retryAfterMs ?? backoff(state.attempt, state.random);
  return state.elapsedMs + waitMs > state.budgetMs ? { step: "next" } : { step: "retry", waitMs };
}

/** Doubles with each attempt; the jitter keeps callers that failed together from coming back together. */
function backoff(attempt: number, random: number): number {
  return Math.round(Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)) * (0.5 + random / 2));
}

/** Milliseconds a `retry-after` (seconds or an HTTP date) or `retry-after-ms` header asks for; null without one. */
export function parseRetryAfter(headers: Headers, nowMs: number): number | null {
  const milliseconds = headers.get("retry-after-ms")?.trim();
  if (milliseconds !== undefined && /^\d{1,9}(\.\d+)?$/.test(milliseconds)) return Math.ceil(Number(milliseconds));
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,7}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const date = /[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

import type { Refusal } from "../errors.ts";
import type { UpstreamFailure } from "./retry-policy.ts";

/** Told to clients when a provider that limits its callers does not say for how long. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** What the client is told when no candidate could serve. Retries are spent, so its SDK shall not add its own. */
export function failureRefusal(failure: UpstreamFailure): Refusal {
  return { ...told(failure), headers: { "x-should-retry": "false" } };
}

function told(failure: UpstreamFailure): Refusal {
  switch (failure.kind) {
    case "status":
      if (failure.status !== 429) {
        return { code: "provider_error", message: `The upstream provider answered with status ${failure.status}.` };
      }
      return {
        code: "rate_limit_exceeded",
        message: "The upstream provider limits the rate of requests to this model.",
        retryAfterSeconds: failure.retryAfterMs === null ? DEFAULT_RETRY_AFTER_SECONDS : failure.retryAfterMs / 1000,
      };
    case "connect":
      return { code: "provider_error", message: "The upstream provider could not be reached." };
    case "timeout":
      return { code: "provider_timeout" };
    case "credential":
      return { code: "provider_auth_failed" };
    case "redirect":
      return {
        code: "provider_error",
        message: "The upstream provider answered with a redirect, which is not followed.",
      };
    case "address":
      return { code: "provider_error", message: `The provider cannot be called: its base URL ${failure.reason}.` };
    case "malformed":
      return { code: "provider_error", message: "The upstream provider's answer is not valid." };
    case "oversized":
      return { code: "provider_error", message: "The upstream provider's answer is too large." };
    case "loop":
      return { code: "loop_detected" };
  }
}

import type { FallbackReason, RoutingTokens } from "../routing/decision.ts";
import type { Sleep } from "../sleep.ts";
import { within } from "../within.ts";
import { postDecide, type DecideQuestion, type InferenceAccess } from "./inference-client.ts";
import { readDistribution, readRoutingTokens, refusesContract, type Distribution } from "./scores.ts";

export type Asked =
  | { readonly kind: "decided"; readonly distribution: Distribution; readonly tokens: readonly RoutingTokens[] }
  | {
      readonly kind: "failed";
      readonly reason: Exclude<FallbackReason, "breaker_open">;
      /** HTTP status of the service's answer; null when there was none. */
      readonly status: number | null;
      /** Whether the service, rather than this one question or its load, is to blame. */
      readonly serviceAtFault: boolean;
    }
  /** The client went away first. */
  | { readonly kind: "abandoned" };

interface Asking {
  readonly requestId: string;
  /** Milliseconds from now on, connecting and reading the answer included. */
  readonly limitMs: number;
  /** Aborts when the client goes away. */
  readonly client: AbortSignal | null;
  /** Whether the answer must be of the very engine that was named. */
  readonly onlyNamed: boolean;
}

/**
 * Asks the inference service one question. A connection that breaks before an answer is not the end of it: a service that
 * restarts closes the ones that are kept, and deciding changes nothing, so it is asked once more. Never rejects.
 */
export async function askInference(
  deps: InferenceAccess & { readonly sleep: Sleep },
  question: DecideQuestion,
  { requestId, limitMs, client, onlyNamed }: Asking,
): Promise<Asked> {
  const ask = async (limit: AbortSignal): ReturnType<typeof postDecide> => {
    const signal = client === null ? limit : AbortSignal.any([limit, client]);
    try {
      return await postDecide(deps, question, requestId, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return postDecide(deps, question, requestId, signal);
    }
  };
  try {
    const answer = await within(deps.sleep, limitMs, ask);
    if (client?.aborted === true) return { kind: "abandoned" };
    return answer === "late" ? failed("timeout", null, true) : understood(answer, question, onlyNamed);
  } catch {
    return client?.aborted === true ? { kind: "abandoned" } : failed("unavailable", null, true);
  }
}

function understood(
  { status, body }: { status: number; body: unknown },
  { policies, engine = "default" }: DecideQuestion,
  onlyNamed: boolean,
): Asked {
  if (status === 429) return failed("overloaded", status, false);
  if (status === 504) return failed("timeout", status, true);
  // 400, 403 and 413 are about this question, unless it is our contract that the service does not speak; every other
  // refusal is a service that is not there for anybody.
  if (status === 400 || status === 403 || status === 413) return failed("invalid", status, refusesContract(body));
  if (status !== 200) return failed("unavailable", status, true);
  const distribution = readDistribution(body, policies);
  const another = onlyNamed && engine !== "default" && distribution?.engine.startsWith(`${engine}@`) === false;
  if (distribution === null || another) return failed("invalid", status, true);
  return { kind: "decided", distribution, tokens: readRoutingTokens(body) };
}

function failed(
  reason: Exclude<FallbackReason, "breaker_open">,
  status: number | null,
  serviceAtFault: boolean,
): Extract<Asked, { kind: "failed" }> {
  return { kind: "failed", reason, status, serviceAtFault };
}

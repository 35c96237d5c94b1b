import type { Env } from "../env.ts";
import type { ProviderKind } from "../tenancy/snapshot.ts";
import { attempt, type AttemptDeps, type AttemptResult } from "./attempt.ts";
import { baseUrlOf } from "./base-url-of.ts";
import { isAboutModel, readFault } from "./fault.ts";
import { upstreamRequestHeaders } from "./headers.ts";
import { deploymentId } from "./hop.ts";
import { ADAPTERS } from "./registry.ts";
import type { UpstreamFailure } from "./retry-policy.ts";

/** What a first call to a provider tells about its settings. */
export type ProbeOutcome =
  "ok" | "wrong_key" | "wrong_url" | "model_not_found" | "unreachable" | "timeout" | "rate_limited" | "provider_error";

export interface Probe {
  readonly outcome: ProbeOutcome;
  /** The provider's HTTP status, where there was one to judge by. */
  readonly status: number | null;
}

export interface ProbedProvider {
  readonly kind: ProviderKind;
  /** Null for the kind's own; already passed `checkBaseUrl`. */
  readonly baseUrl: string | null;
  /** In clear text. */
  readonly credential: string | null;
  /** The provider's own name of a model. */
  readonly model: string;
  readonly callId: string;
}

const TIMEOUTS = { connectMs: 5_000, firstByteMs: 15_000, idleMs: 5_000, totalMs: 20_000 };

/** Asks a provider for one token, once, and reads from the answer what is wrong. Gives nothing of the answer's text. */
export async function probe(
  deps: AttemptDeps & { readonly env: Env },
  provider: ProbedProvider,
  client: AbortSignal,
): Promise<Probe> {
  const { kind, credential, callId } = provider;
  const baseUrl = baseUrlOf(kind, provider.baseUrl);
  const body = JSON.stringify({
    model: provider.model,
    messages: [{ role: "user", content: "Hi" }],
    max_tokens: 1,
  });
  const headers = upstreamRequestHeaders(new Headers(), await deploymentId(deps.env), false);
  const call = { baseUrl, credential, headers, body, callId, nowMs: deps.now() };
  return judge(await attempt(deps, ADAPTERS[kind], call, { stream: false, timeouts: TIMEOUTS }, client));
}

function judge(result: AttemptResult): Probe {
  if (result.kind === "failed") return judgeFailure(result.failure);
  if (result.kind !== "answer") return { outcome: "provider_error", status: null };
  const { status } = result;
  if (status < 400) return { outcome: "ok", status };
  const fault = readFault(result.body);
  if (isAboutModel(fault)) return { outcome: "model_not_found", status };
  // Servers that do not say so in a field say it in words; a wrong path is answered by no model server at all.
  if (status === 404) return { outcome: /\bmodel\b/i.test(fault.message) ? "model_not_found" : "wrong_url", status };
  if (status === 405) return { outcome: "wrong_url", status };
  // Who refuses a field for this model has let the key in and found the model.
  return { outcome: fault.param === "max_tokens" ? "ok" : "provider_error", status };
}

function judgeFailure(failure: UpstreamFailure): Probe {
  switch (failure.kind) {
    case "credential":
      return { outcome: failure.modelDenied === true ? "model_not_found" : "wrong_key", status: null };
    case "redirect":
    case "malformed":
    case "oversized":
    case "loop":
    case "address":
      return { outcome: "wrong_url", status: null };
    case "connect":
      return { outcome: "unreachable", status: null };
    case "timeout":
      return { outcome: "timeout", status: null };
    case "status":
      return { outcome: failure.status === 429 ? "rate_limited" : "provider_error", status: failure.status };
  }
}

import type { Env } from "../env.ts";
import type { Model, Provider } from "../tenancy/snapshot.ts";
import { checkBaseUrl, isOwnAddress } from "./address-policy.ts";
import { attempt, type AttemptDeps, type AttemptResult, type Expected } from "./attempt.ts";
import { baseUrlOf } from "./base-url-of.ts";
import { upstreamRequestHeaders } from "./headers.ts";
import { deploymentId } from "./hop.ts";
import { ADAPTERS } from "./registry.ts";
import type { UpstreamFailure } from "./retry-policy.ts";

export interface AskDeps extends AttemptDeps {
  readonly env: Env;
}

/** One call of one model, whoever it is made for. */
export interface Question extends Expected {
  readonly model: Model;
  readonly providers: ReadonlyMap<string, Provider>;
  /** The credential in clear text, null when the provider has none. Throws when it cannot be opened. */
  readonly openCredential: (provider: Provider) => Promise<string | null>;
  readonly body: string;
  readonly headers: Headers;
  /** Aborts when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** Unique to this call's request. */
  readonly callId: string;
}

/** Calls the model's provider once, where this deployment may call it at all; the credential is opened for that. */
export async function askCandidate(deps: AskDeps, question: Question): Promise<AttemptResult> {
  const { stream, signal } = question;
  const provider = question.providers.get(question.model.provider);
  if (provider === undefined) return failed({ kind: "address", reason: "is not known" });
  const adapter = ADAPTERS[provider.kind];
  const baseUrl = baseUrlOf(provider.kind, provider.base_url);
  const unreachable = adapter.needsBaseUrl ? addressFailure(baseUrl, deps.env) : null;
  if (unreachable !== null) return failed(unreachable);
  let credential: string | null;
  try {
    credential = await question.openCredential(provider);
  } catch {
    return failed({ kind: "credential" });
  }
  const call = {
    baseUrl,
    credential,
    headers: upstreamRequestHeaders(question.headers, await deploymentId(deps.env), stream),
    body: question.body,
    callId: question.callId,
    nowMs: deps.now(),
  };
  return attempt(deps, adapter, call, question, signal);
}

function addressFailure(baseUrl: string | null, env: Env): UpstreamFailure | null {
  if (baseUrl === null) return { kind: "address", reason: "is missing" };
  if (isOwnAddress(baseUrl, env.PUBLIC_URL)) return { kind: "loop" };
  const reason = checkBaseUrl(baseUrl, env.UPSTREAM_ADDRESSES);
  return reason === null ? null : { kind: "address", reason };
}

const failed = (failure: UpstreamFailure): AttemptResult => ({ kind: "failed", failure });

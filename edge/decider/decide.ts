import type { Policy, Turn } from "../../inference/contract/index.ts";
import type { Env } from "../env.ts";
import type { Log } from "../log.ts";
import type { LruMap } from "../lru-map.ts";
import type { FallbackReason, Reading } from "../routing/decision.ts";
import { memoKey } from "../routing/memo-key.ts";
import type { Sleep } from "../sleep.ts";
import type { RouterSettings } from "../routing/router-document.ts";
import type { PublishedRouter } from "../tenancy/snapshot.ts";
import { isolationToken } from "../tenancy/tenant-secrets.ts";
import type { WaitUntil } from "../wait-until.ts";
import { askInference, type Asked } from "./ask-inference.ts";
import { Breaker } from "./breaker.ts";
import type { DecideQuestion } from "./inference-client.ts";
import type { Memo } from "./memo.ts";
import { toScores, type Distribution } from "./scores.ts";

/** What decides for a router that has no policies: nothing can fit. */
const NO_POLICIES = "no-policies@1";
/** Share of the deadline that the service may use: the rest is for the way there and back. */
const SERVICE_SHARE = 0.9;

/** A turn that wants a decision. */
export interface Question {
  readonly tenantId: string;
  readonly router: PublishedRouter;
  /** A candidate's settings to decide under instead of the router's own; then no other engine's answer is taken. */
  readonly settings?: RouterSettings;
  /** Engines that cost money and that this tenant may use. */
  readonly paidEngines: readonly string[];
  /** Normalised, up to and including the last user turn. */
  readonly conversation: readonly Turn[];
  readonly requestId: string;
  readonly waitUntil: WaitUntil;
  /** Aborts when the client goes away. */
  readonly signal?: AbortSignal;
}

export interface DeciderDeps {
  readonly env: Pick<Env, "INFERENCE_URL" | "INFERENCE_TOKEN" | "SIGNING_SECRET">;
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  readonly sleep: Sleep;
}

/** What an isolate remembers between questions. */
export interface DeciderState {
  readonly memo: Memo;
  /** By version of a router and engine: a hasty deadline, an odd policy set or a bad engine opens no other's breaker. */
  readonly breakers: LruMap<Breaker>;
}

/** Answers from the memo, else asks the service if its breaker lets it; a fallback reading says why there is none. */
export async function decide(
  deps: DeciderDeps,
  { memo, breakers }: DeciderState,
  question: Question,
): Promise<Reading> {
  const { router, tenantId, conversation, requestId } = question;
  const { policies } = router.document;
  const settings = question.settings ?? router.document.settings;
  const beganAt = deps.now();
  const decideMs = (): number => deps.now() - beganAt;
  if (policies.length === 0) {
    const scores = [{ policy: null, probability: 1 }];
    return { source: "engine", scores, unsureReason: null, engine: NO_POLICIES, decideMs: 0 };
  }
  const key = await memoKey({ tenantId, policyDigest: router.policy_digest, engine: settings.engine, conversation });
  const remembered = memo.get(key, settings, beganAt);
  if (remembered !== null) return reading("memo", remembered, policies, decideMs());

  const asking = await questionFor(deps, question);
  const breaker = breakerOf(breakers, `${tenantId}:${router.id}@${router.version}:${settings.engine}`);
  if (!breaker.admit(deps.now())) return fallback("breaker_open", decideMs());
  const limitMs = Math.max(1, settings.deadline_ms - decideMs());
  const work = askInference(deps, asking, {
    requestId,
    limitMs,
    client: question.signal ?? null,
    onlyNamed: question.settings !== undefined,
  });
  // A client that leaves must not keep the breaker from learning how its call went.
  const reported = work.then((asked) => {
    report(breaker, asked, deps.now());
    if (asked.kind === "decided") memo.set(key, settings, asked.distribution, deps.now());
    return asked;
  });
  question.waitUntil(reported);
  const asked = await reported;
  if (asked.kind === "decided") {
    const decided = reading("engine", asked.distribution, policies, decideMs());
    return asked.tokens.length === 0 ? decided : { ...decided, tokens: asked.tokens };
  }
  if (asked.kind === "abandoned") return fallback("timeout", decideMs());
  const { reason, status } = asked;
  deps.log("warn", "decision_failed", { request_id: requestId, tenant_id: tenantId, reason, status });
  return fallback(reason, decideMs());
}

/** Only what the router model may see: no domains, no targets, no tenant by name. */
async function questionFor(
  { env }: DeciderDeps,
  { router, tenantId, conversation, paidEngines, settings = router.document.settings }: Question,
): Promise<DecideQuestion> {
  const { policies } = router.document;
  return {
    policies: policies.map(({ name, description }) => ({ name, description })),
    conversation: [...conversation],
    engine: settings.engine,
    escalateBelow: settings.min_confidence,
    ...(settings.other_bias !== undefined && { otherBias: settings.other_bias }),
    isolation: await isolationToken(env, tenantId),
    paidEngines: [...paidEngines],
    deadlineMs: Math.max(1, Math.floor(settings.deadline_ms * SERVICE_SHARE)),
  };
}

function breakerOf(breakers: LruMap<Breaker>, key: string): Breaker {
  const known = breakers.get(key);
  if (known !== undefined) return known;
  const made = new Breaker();
  breakers.set(key, made);
  return made;
}

function report(breaker: Breaker, asked: Asked, now: number): void {
  if (asked.kind === "decided") breaker.succeeded();
  else if (asked.kind === "failed" && asked.serviceAtFault) breaker.failed(now);
  else breaker.inconclusive(now);
}

function reading(
  source: "engine" | "memo",
  distribution: Distribution,
  policies: readonly Policy[],
  decideMs: number,
): Extract<Reading, { scores: unknown }> {
  const { unsureReason, engine, deciding } = distribution;
  const scores = toScores(distribution, policies);
  return { source, scores, unsureReason, engine, decideMs, ...(deciding !== undefined && { deciding }) };
}

const fallback = (reason: FallbackReason, decideMs: number): Reading => ({ source: `fallback:${reason}`, decideMs });

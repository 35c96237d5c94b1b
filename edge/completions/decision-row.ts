import type { ErrorCode } from "../errors.ts";
import type { Candidate } from "../routing/target.ts";
import type { Prices, Principal } from "../tenancy/snapshot.ts";
import type { TokenUsage } from "../upstream/usage.ts";
import { costUsd } from "../usage/cost.ts";
import type { DecisionRecord, StoredDeciding } from "../usage/decision-record.ts";
import { routingSpend } from "../usage/routing-spend.ts";
import { armOf, routingArmOf } from "./arms-of.ts";
import type { Plan } from "./plan.ts";
import type { RequestContext } from "./request-context.ts";
import type { CutReason } from "./shadow-cut.ts";

/** Why the copy of a request says nothing about its candidate, beside what refuses requests too. */
type CensoredBy = CutReason | "answer_too_large" | "budget" | "busy" | "hosted_tools";

/** How a request ended, for its one decision row. Times in milliseconds. */
export interface RequestEnd {
  readonly kind: DecisionRecord["kind"];
  readonly requestedModel: string;
  readonly stream: boolean;
  readonly status: DecisionRecord["request_status"];
  readonly httpStatus: number;
  readonly errorCode: ErrorCode | "upstream_rejected" | "upstream_stream_interrupted" | CensoredBy | null;
  /** What served the request, or was asked last. */
  readonly candidate: Candidate | null;
  readonly attempts: number;
  readonly finishReason: string | null;
  readonly usage: TokenUsage | null;
  /** From asking the first provider to the first byte of an answer, or to giving up; null when none was asked. */
  readonly upstreamMs: number | null;
  /** The same moment, counted from the arrival of the request. */
  readonly firstByteMs: number | null;
  readonly endedAt: number;
}

/** Of a plan, what its receipt says. */
type Decided = Pick<Plan, "decisionId" | "routed" | "conversation">;

/** A request's receipt as it is stored. Holds no text of the request or the answer. */
export function decisionRow(
  principal: Principal,
  context: RequestContext,
  plan: Decided,
  end: RequestEnd,
  enginePrices: Readonly<Record<string, Prices>>,
): DecisionRecord {
  return {
    id: plan.decisionId,
    tenant_id: principal.tenant.tenantId,
    key_id: principal.key.id,
    request_id: context.requestId,
    created_at: new Date(context.startedAt).toISOString(),
    kind: end.kind,
    ...routing(plan),
    conversation_key: plan.conversation.key,
    conversation_key_source: plan.conversation.source,
    arm: armOf(plan),
    routing_arm: routingArmOf(plan),
    agrees: null,
    requested_model: end.requestedModel,
    ...serving(end.candidate),
    attempts: end.attempts,
    stream: end.stream,
    request_status: end.status,
    http_status: end.httpStatus,
    error_code: end.errorCode,
    finish_reason: end.finishReason,
    ...consumption(end),
    ...routingSpend(plan.routed === null ? [] : [plan.routed.reading], enginePrices).spend,
    deciding: deciding(plan),
    trial_decisions: null,
    timings_ms: timings(context, plan, end),
  };
}

/** The receipt of a copy, beside its request's: another id, the arm `shadow`, and no call of the router model. */
export function shadowRow(
  principal: Principal,
  context: RequestContext,
  plan: Plan,
  end: RequestEnd,
  { id, rolloutId }: { readonly id: string; readonly rolloutId: string },
): DecisionRecord {
  return {
    ...decisionRow(principal, context, plan, end, {}),
    id,
    arm: `shadow@${rolloutId}`,
    routing_arm: null,
    routing_input_tokens: null,
    routing_cached_input_tokens: null,
    routing_output_tokens: null,
    routing_cost_usd: null,
  };
}

function routing({ routed }: Decided) {
  const nothing = {
    router: null,
    router_version: null,
    policy_digest: null,
    outcome: null,
    policy: null,
    confidence: null,
    alternatives: [],
    source: "explicit",
    engine: null,
    unsure_reason: null,
  };
  if (routed === null) return nothing;
  const { router, reading, verdict } = routed;
  const decided = "scores" in reading ? reading : null;
  return {
    router: router.slug,
    router_version: router.version,
    policy_digest: router.policy_digest,
    outcome: verdict.outcome,
    policy: verdict.policy,
    confidence: verdict.confidence,
    alternatives: decided === null ? [] : [...decided.scores],
    source: reading.source,
    engine: decided?.engine ?? null,
    unsure_reason: decided?.unsureReason ?? null,
  };
}

function serving(candidate: Candidate | null) {
  const model = candidate?.model;
  return {
    model: model?.slug ?? null,
    provider: model?.provider ?? null,
    upstream_model: model?.upstream_model ?? null,
  };
}

function consumption({ usage, candidate }: RequestEnd) {
  const prices = candidate?.model.prices ?? null;
  return {
    input_tokens: usage?.inputTokens ?? null,
    cached_input_tokens: usage?.cachedInputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    reasoning_tokens: usage?.reasoningTokens ?? null,
    estimated: usage?.estimated ?? false,
    cost_usd: usage === null || prices === null ? null : costUsd(prices, usage),
  };
}

function deciding({ routed }: Decided): StoredDeciding | null {
  const reading = routed?.reading;
  if (reading === undefined || !("scores" in reading) || reading.deciding === undefined) return null;
  const { decidedBy, escalated, agreed, shortlisted } = reading.deciding;
  return { decided_by: decidedBy, escalated, agreed, shortlisted };
}

function timings(context: RequestContext, { routed }: Decided, end: RequestEnd): Record<string, number> {
  return {
    auth: context.authMs,
    ...(routed !== null && { decide: routed.reading.decideMs }),
    ...(end.upstreamMs !== null && { upstream: end.upstreamMs }),
    ...(end.firstByteMs !== null && { first_byte: end.firstByteMs }),
    total: end.endedAt - context.startedAt,
  };
}

import type { Deps } from "../deps.ts";
import { ERRORS, ok, type Result } from "../errors.ts";
import type { Principal } from "../tenancy/snapshot.ts";
import type { RouteBody } from "./chat-body.schema.ts";
import { armOf, routingArmOf } from "./arms-of.ts";
import { planRequest, type Plan } from "./plan.ts";
import { receiptOf } from "./receipt-of.ts";
import { recordDecision } from "./record-decision.ts";
import type { RequestContext } from "./request-context.ts";

/** A decision without an answer, in the shape of `POST /v1/route`. */
export interface RouteAnswer {
  readonly id: string;
  readonly router: string | null;
  readonly version: number | null;
  /** Null on a fallback, and when the request named a model itself. */
  readonly outcome: "matched" | "other" | "unsure" | null;
  readonly policy: string | null;
  readonly confidence: number | null;
  readonly model: string;
  readonly source: string;
  readonly engine: string | null;
  readonly alternatives: readonly { readonly policy: string | null; readonly probability: number }[];
  readonly arm: string | null;
  readonly routing_arm: string | null;
  readonly timings_ms: Readonly<Record<string, number>>;
}

/** Decides as a chat completion would, says what would serve it, and leaves a decision row of kind `route`. */
export async function routeOnly(
  deps: Deps,
  principal: Principal,
  body: RouteBody,
  context: RequestContext,
): Promise<Result<{ answer: RouteAnswer; headers: Readonly<Record<string, string>> }>> {
  const planned = await planRequest(deps, principal, body, context);
  if (!planned.ok) return planned;
  const plan = planned.value;
  const end = {
    kind: "route",
    requestedModel: body.model,
    stream: false,
    attempts: 0,
    finishReason: null,
    usage: null,
    upstreamMs: null,
    firstByteMs: null,
  } as const;
  if (!plan.candidates.ok) {
    const { refusal } = plan.candidates;
    const refused = { status: "refused", httpStatus: ERRORS[refusal.code].status, errorCode: refusal.code } as const;
    await recordDecision(deps, principal, context, plan, body, { ...end, ...refused, candidate: null });
    return { ok: false, refusal: { ...refusal, headers: { ...receiptOf(context, plan, null), ...refusal.headers } } };
  }
  const [candidate] = plan.candidates.value;
  if (candidate === undefined) throw new Error("a plan without a refusal has a candidate");
  const routed = { status: "routed", httpStatus: 200, errorCode: null } as const;
  await recordDecision(deps, principal, context, plan, body, { ...end, ...routed, candidate });
  const timings = { auth: context.authMs, ...decideTime(plan), total: deps.now() - context.startedAt };
  const headers = receiptOf(context, plan, { candidate, attempts: 0, upstreamMs: null });
  return ok({ answer: routeAnswer(plan, candidate.model.slug, timings), headers });
}

function routeAnswer(plan: Plan, model: string, timings: Record<string, number>): RouteAnswer {
  const { decisionId, routed } = plan;
  const reading = routed?.reading ?? null;
  const decided = reading !== null && "scores" in reading ? reading : null;
  return {
    id: decisionId,
    router: routed?.router.slug ?? null,
    version: routed?.router.version ?? null,
    outcome: routed?.verdict.outcome ?? null,
    policy: routed?.verdict.policy ?? null,
    confidence: routed?.verdict.confidence ?? null,
    model,
    source: reading?.source ?? "explicit",
    engine: decided?.engine ?? null,
    alternatives: decided?.scores ?? [],
    arm: armOf(plan),
    routing_arm: routingArmOf(plan),
    timings_ms: timings,
  };
}

const decideTime = ({ routed }: Plan): Record<string, number> =>
  routed === null ? {} : { decide: routed.reading.decideMs };

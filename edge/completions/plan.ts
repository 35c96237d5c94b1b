import type { Deps } from "../deps.ts";
import { ok, refuse, type Result } from "../errors.ts";
import { rawConversationKey } from "../routing/conversation-key.ts";
import type { Verdict } from "../routing/decision.ts";
import { requestNeeds } from "../routing/needs.ts";
import { isShadowed, rolloutArm, type Arm } from "../routing/rollout-arm.ts";
import { routableTurns } from "../routing/routable-turns.ts";
import { candidates, chooseTarget, type Candidate } from "../routing/target.ts";
import type { ShadowSettings } from "../rollouts/shadow.schema.ts";
import type { Principal, PublishedRouter, RunningRollout } from "../tenancy/snapshot.ts";
import { conversationKey } from "../tenancy/tenant-secrets.ts";
import { HOP_HEADER, deploymentId, isLoop } from "../upstream/hop.ts";
import type { RouteBody } from "./chat-body.schema.ts";
import { decideTurn, type DecidedTurn } from "./decide-turn.ts";
import type { RequestContext } from "./request-context.ts";
import { requestedModel } from "./requested-model.ts";
import { beginShadowDecision } from "./shadow-decision.ts";

/** Where a rollout has put a conversation, and whether its requests are copied for the candidate. */
interface Split {
  readonly rollout: RunningRollout;
  readonly arm: Arm;
  readonly shadow: ShadowSettings | null;
}

interface Routed extends DecidedTurn {
  readonly router: PublishedRouter;
  /** Where a running rollout of the policy has put the conversation; null without one. */
  readonly split: Split | null;
}

/** Why a request goes where it goes. `routed` is null when the client named a model itself. */
export interface Plan {
  readonly decisionId: string;
  readonly routed: Routed | null;
  readonly conversation: { readonly key: string; readonly source: string };
  /** Who may serve the request, in order; or why nobody may. */
  readonly candidates: Result<Candidate[]>;
}

/**
 * Decides what shall serve a request: the model it names, or what its router's policies make of its latest turn. A
 * refusal means the request was no request for this tenant; what is refused after that is in the plan, with a receipt.
 */
export async function planRequest(
  deps: Deps,
  principal: Principal,
  body: RouteBody,
  context: RequestContext,
): Promise<Result<Plan>> {
  if (isLoop(context.headers.get(HOP_HEADER), await deploymentId(deps.env))) return refuse("loop_detected");
  const requested = requestedModel(principal, body.model);
  if (!requested.ok) return requested;
  const decisionId = deps.newId("decision");
  if (requested.value.kind === "model") {
    const { model } = requested.value;
    const conversation = await conversationOf(deps, principal, body, context);
    return ok({ decisionId, routed: null, conversation, candidates: ok([{ model, target: { model: model.slug } }]) });
  }
  const { router } = requested.value;
  const turns = routableTurns(body.messages);
  if (turns === null) {
    return refuse("invalid_request_error", { message: "Routing needs a user message.", param: "messages" });
  }
  const { tenantId, paidEngines, routerRollouts } = principal.tenant;
  const conversation = await conversationOf(deps, principal, body, context);
  const asked = { tenantId, router, paidEngines, turns, conversationKey: conversation.key };
  const decided = await decideTurn(deps, asked, routerRollouts.get(router.slug) ?? null, context);
  beginShadowDecision(deps, principal, context, asked, { ...decided, requestedModel: body.model, conversation });
  const split = await splitOf(principal, router, decided.verdict, conversation.key);
  const routed = { ...decided, router, split };
  return ok({ decisionId, routed, conversation, candidates: routedCandidates(principal, body, context, routed) });
}

function routedCandidates(
  principal: Principal,
  body: RouteBody,
  context: RequestContext,
  { router, reading, verdict, split }: Routed,
): Result<Candidate[]> {
  const failed = reading.source.startsWith("fallback:");
  if (failed && context.headers.get("x-signalbox-fallback")?.toLowerCase() === "off") {
    return refuse("routing_unavailable", { headers: { "x-should-retry": "true" } });
  }
  const target = chooseTarget(router.document, verdict);
  const { models } = principal.tenant;
  const { fallback } = router.document;
  // A candidate that cannot serve the request leaves it to the target it is measured against.
  const [first, ...others] =
    split?.arm === "candidate" ? ([split.rollout.candidate, target, fallback] as const) : ([target, fallback] as const);
  return candidates(first, models, requestNeeds(body), principal.key.allowed_models, ...others);
}

async function splitOf(
  { tenant }: Principal,
  { slug, document }: PublishedRouter,
  { outcome, policy }: Verdict,
  conversationKey: string,
): Promise<Routed["split"]> {
  if (outcome !== "matched" || document.settings.mode === "observe") return null;
  const rollout = tenant.rollouts.find((running) => running.router === slug && running.policy === policy);
  if (rollout === undefined) return null;
  const { id: rolloutId, percent, shadow } = rollout;
  const arm = await rolloutArm({ rolloutId, percent }, conversationKey);
  const copied = arm === "control" && shadow !== null;
  const shadowed = copied && (await isShadowed({ rolloutId, percent: shadow.percent }, conversationKey));
  return { rollout, arm, shadow: shadowed ? shadow : null };
}

async function conversationOf(
  deps: Deps,
  principal: Principal,
  body: RouteBody,
  context: RequestContext,
): Promise<Plan["conversation"]> {
  const { raw, source } = rawConversationKey({ header: context.headers.get("x-signalbox-conversation"), body });
  return { key: await conversationKey(deps.env, principal.tenant.tenantId, raw), source };
}

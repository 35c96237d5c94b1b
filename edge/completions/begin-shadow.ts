import type { Deps } from "../deps.ts";
import type { Principal } from "../tenancy/snapshot.ts";
import { askShadow, censored, type ShadowEnd } from "./ask-shadow.ts";
import type { ChatBody, Received } from "./chat-body.schema.ts";
import type { Plan } from "./plan.ts";
import { prepareShadow } from "./prepare-shadow.ts";
import { recordShadow } from "./record-decision.ts";
import type { RequestContext } from "./request-context.ts";
import { nothingServed } from "./request-ends.ts";
import { ShadowCut } from "./shadow-cut.ts";

/** A copy of a request, under way beside it. */
interface Shadow {
  /** To be told when the request is over, and whether its caller went away: if not, the copy may go on for a while. */
  readonly requestOver: (callerGone: boolean) => void;
}

const NONE: Shadow = { requestOver: () => undefined };

/**
 * Starts a copy of a request for the candidate of its policy's rollout, if its conversation is among those that are
 * copied. The request waits for nothing here and fails of nothing here; the copy leaves a receipt of its own.
 */
export function beginShadow(
  deps: Deps,
  principal: Principal,
  received: Received<ChatBody>,
  context: RequestContext,
  plan: Plan,
): Shadow {
  const split = plan.routed?.split ?? null;
  const settings = split?.shadow ?? null;
  if (split === null || settings === null) return NONE;
  const { rollout } = split;
  const id = deps.newId("decision");
  const { model: requestedModel, stream } = received.body;
  const base = { kind: "shadow", requestedModel, stream: stream === true } as const;
  const record = (end: ShadowEnd): Promise<void> =>
    recordShadow(deps, principal, context, plan, { ...base, ...end }, { id, rolloutId: rollout.id });
  try {
    const prepared = prepareShadow(deps, principal, received, context, { rollout, settings, id });
    if (typeof prepared === "string") {
      context.waitUntil(record({ ...nothingServed, ...censored(prepared) }));
      return NONE;
    }
    const cut = new ShadowCut(deps.sleep, settings.deadline_ms, context.signal);
    const ending = askShadow({ ...deps, fetch: deps.fetchUpstream }, prepared.question, cut).finally(() => {
      cut.stop();
      prepared.release();
    });
    context.waitUntil(ending.then(record).catch((error: unknown) => broken(deps, context, error)));
    return { requestOver: (callerGone) => (callerGone ? cut.cut("client_gone") : cut.requestOver()) };
  } catch (error) {
    broken(deps, context, error);
    return NONE;
  }
}

function broken({ log }: Deps, { requestId }: RequestContext, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  log("error", "shadow_broken", { request_id: requestId, name });
}

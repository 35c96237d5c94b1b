import type { Deps } from "../deps.ts";
import type { Principal } from "../tenancy/snapshot.ts";
import { decisionRow, type RequestEnd } from "./decision-row.ts";
import type { Plan } from "./plan.ts";
import type { RequestContext } from "./request-context.ts";

/** Hands a request's receipt to the usage sink. Never throws: the answer does not depend on it, so the log must tell. */
export async function recordDecision(
  deps: Deps,
  principal: Principal,
  context: RequestContext,
  plan: Plan,
  end: Omit<RequestEnd, "endedAt">,
): Promise<void> {
  try {
    const ended = { ...end, endedAt: deps.now() };
    await deps.usage.append(decisionRow(principal, context, plan, ended, deps.env.ENGINE_PRICES));
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    deps.log("error", "decision_not_recorded", { request_id: context.requestId, decision_id: plan.decisionId, name });
  }
}

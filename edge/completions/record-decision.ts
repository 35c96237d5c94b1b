import type { Deps } from "../deps.ts";
import type { Principal } from "../tenancy/snapshot.ts";
import type { DecisionRecord } from "../usage/decision-record.ts";
import { decisionRow, shadowRow, type RequestEnd } from "./decision-row.ts";
import type { Plan } from "./plan.ts";
import type { RequestContext } from "./request-context.ts";

type End = Omit<RequestEnd, "endedAt">;

/** Hands a request's receipt to the usage sink. Never throws: the answer does not depend on it, so the log must tell. */
export function recordDecision(
  deps: Deps,
  principal: Principal,
  context: RequestContext,
  plan: Plan,
  end: End,
): Promise<void> {
  const ended = { ...end, endedAt: deps.now() };
  return append(deps, context, () => decisionRow(principal, context, plan, ended, deps.env.ENGINE_PRICES));
}

/** The same for the copy of a request. */
export function recordShadow(
  deps: Deps,
  principal: Principal,
  context: RequestContext,
  plan: Plan,
  end: End,
  shadow: { readonly id: string; readonly rolloutId: string },
): Promise<void> {
  const ended = { ...end, endedAt: deps.now() };
  return append(deps, context, () => shadowRow(principal, context, plan, ended, shadow));
}

async function append(deps: Deps, { requestId }: RequestContext, make: () => DecisionRecord): Promise<void> {
  let decisionId: string | null = null;
  try {
    const record = make();
    decisionId = record.id;
    await deps.usage.append(record);
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    deps.log("error", "decision_not_recorded", { request_id: requestId, decision_id: decisionId, name });
  }
}

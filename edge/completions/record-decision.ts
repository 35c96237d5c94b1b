import type { Deps } from "../deps.ts";
import type { Principal } from "../tenancy/snapshot.ts";
import { appendRecord } from "../usage/append-record.ts";
import type { DecisionRecord } from "../usage/decision-record.ts";
import { orLate } from "../within.ts";
import type { RouteBody } from "./chat-body.schema.ts";
import { decisionRow, shadowRow, type RequestEnd } from "./decision-row.ts";
import type { Plan } from "./plan.ts";
import { recordConversation } from "./record-conversation.ts";
import type { RequestContext } from "./request-context.ts";

type End = Omit<RequestEnd, "endedAt">;

/** How a request ended, and the text of its answer where that is kept. */
export interface RecordedEnd extends End {
  readonly answer?: string;
}

/** Milliseconds for which an answer waits for its receipt: a queue or a disk that hangs must not hang clients. */
const HOLD_LIMIT_MS = 1_000;

/**
 * Hands a request's receipt to the usage sink, and keeps its conversation where its router's owner has asked for that;
 * settles when the answer may end. Never rejects: the answer does not depend on it, so the log must tell.
 */
export async function recordDecision(
  deps: Deps,
  principal: Principal,
  context: RequestContext,
  plan: Plan,
  body: RouteBody,
  { answer, ...end }: RecordedEnd,
): Promise<void> {
  const ended = { ...end, endedAt: deps.now() };
  const make = () => decisionRow(principal, context, plan, ended, deps.env.ENGINE_PRICES);
  const { promise: appended, resolve: onAppended } = Promise.withResolvers<undefined>();
  const keep = (row: DecisionRecord) => recordConversation(deps, principal, plan, body, row, answer ?? null);
  const done = appendRecord(deps, context.requestId, make, { keep, onAppended: () => onAppended(undefined) });
  context.waitUntil(done);
  await orLate(deps.sleep, HOLD_LIMIT_MS, Promise.race([appended, done]));
}

/** The receipt of the copy of a request, of which nothing is kept. */
export function recordShadow(
  deps: Deps,
  principal: Principal,
  context: RequestContext,
  plan: Plan,
  end: End,
  shadow: { readonly id: string; readonly rolloutId: string },
): Promise<void> {
  const ended = { ...end, endedAt: deps.now() };
  return appendRecord(deps, context.requestId, () => shadowRow(principal, context, plan, ended, shadow));
}

import type { Deps } from "../deps.ts";
import type { Reading, Verdict } from "../routing/decision.ts";
import { settingsUnder } from "../routing/settings-under.ts";
import type { Principal } from "../tenancy/snapshot.ts";
import { appendRecord } from "../usage/append-record.ts";
import type { DecisionRecord } from "../usage/decision-record.ts";
import { censored } from "./ask-shadow.ts";
import { decideWith, type Asked, type DecidedTurn } from "./decide-turn.ts";
import { decisionRow } from "./decision-row.ts";
import type { Plan } from "./plan.ts";
import type { RequestContext } from "./request-context.ts";
import { ended, nothingServed } from "./request-ends.ts";

/** Milliseconds a copy may keep its place beyond its deadline: what it came to is to be written. */
const RECORDING_MS = 60_000;
/** What a copy that was not asked for came to. */
const NOT_ASKED = {
  reading: { source: "fallback:overloaded", decideMs: 0 },
  verdict: { outcome: null, policy: null, confidence: null },
} as const;

/** A decision that has been made, and what its copies' receipts say of the request. */
interface Served extends DecidedTurn {
  readonly requestedModel: string;
  readonly conversation: Plan["conversation"];
}

/**
 * Has the candidate of a router model's rollout decide what has just been decided, if the conversation is among those
 * that are copied; what was remembered is no new decision. Runs beside the request, which knows nothing of it, and leaves
 * a receipt that says whether both came to the same.
 */
export function beginShadowDecision(
  deps: Deps,
  principal: Principal,
  context: RequestContext,
  asked: Asked,
  served: Served,
): void {
  const { routing } = served;
  const shadow = routing?.rollout.shadow ?? null;
  if (routing === null || shadow === null || !routing.shadowed || served.reading.source === "memo") return;
  const { rollout } = routing;
  const own = settingsUnder(asked.router.document.settings, rollout.candidate);
  const settings = { ...own, deadline_ms: Math.min(own.deadline_ms, shadow.deadline_ms) };
  const now = deps.now();
  const rowOf = (came: typeof NOT_ASKED | CameTo, end: ReturnType<typeof ended | typeof censored>): DecisionRecord => {
    const routed = { ...came, router: asked.router, split: null, routing: null };
    const plan = { decisionId: deps.newId("decision"), routed, conversation: served.conversation };
    const base = { kind: "shadow", requestedModel: served.requestedModel, stream: false, endedAt: deps.now() } as const;
    const row = decisionRow(principal, context, plan, { ...base, ...nothingServed, ...end }, deps.env.ENGINE_PRICES);
    return { ...row, routing_arm: `shadow@${rollout.id}`, agrees: agreement(served.verdict, came.verdict) };
  };
  const record = (make: () => DecisionRecord | Promise<DecisionRecord>) =>
    context.waitUntil(appendRecord(deps, context.requestId, make));

  if (rollout.shadow_exhausted_on === new Date(now).toISOString().slice(0, 10)) {
    record(() => rowOf(NOT_ASKED, censored("budget")));
    return;
  }
  const characters = asked.turns.reduce((sum, { content }) => sum + content.length, 0);
  const place = { tenantId: asked.tenantId, characters, lifetimeMs: settings.deadline_ms + RECORDING_MS };
  const release = deps.shadowSlots.take(now, place);
  if (release === null) {
    record(() => rowOf(NOT_ASKED, censored("busy")));
    return;
  }
  const { requestId, waitUntil } = context;
  // Without the caller's signal: that it goes away says nothing about the candidate.
  const deciding = decideWith(deps, asked, settings, { requestId, waitUntil }).finally(release);
  record(async () => rowOf(await deciding, ended("routed", 200)));
}

interface CameTo {
  readonly reading: Reading;
  readonly verdict: Verdict;
}

/** Null where either gave no decision. */
function agreement(served: Verdict, copy: Verdict): boolean | null {
  if (served.outcome === null || copy.outcome === null) return null;
  return served.outcome === copy.outcome && served.policy === copy.policy;
}

import type { Deps } from "../deps.ts";
import { isSampled } from "../recordings/is-sampled.ts";
import { keptMessages } from "../recordings/kept-messages.ts";
import type { Recorded } from "../recordings/recorded.schema.ts";
import { storeRecording } from "../recordings/recordings.store.ts";
import { requestNeeds } from "../routing/needs.ts";
import type { RouterSettings } from "../routing/router-document.ts";
import { seal } from "../tenancy/secrets.ts";
import type { Principal } from "../tenancy/snapshot.ts";
import type { DecisionRecord } from "../usage/decision-record.ts";
import type { RouteBody } from "./chat-body.schema.ts";
import type { Plan } from "./plan.ts";

/** Characters that are kept of an answer. */
const ANSWER_CHARACTERS = 32_000;

/** How requests end that a model has answered, or that only asked where they would go. */
const KEPT: readonly DecisionRecord["request_status"][] = ["completed", "interrupted", "aborted", "routed"];

/** Characters of an answer that are to be held until it has ended; none unless the router keeps answers. */
export function keptAnswer(plan: Plan): number {
  return settingsToRecord(plan)?.record_answers === true ? ANSWER_CHARACTERS : 0;
}

/**
 * Keeps what was said, sealed, when the router's owner has asked for that. Never throws, and logs no text: neither the
 * answer nor the receipt depends on it.
 */
export async function recordConversation(
  deps: Deps,
  { tenant: { tenantId } }: Principal,
  plan: Plan,
  body: RouteBody,
  row: DecisionRecord,
  answer: string | null,
): Promise<void> {
  if (plan.routed === null || settingsToRecord(plan) === null || !KEPT.includes(row.request_status)) return;
  const { decisionId, routed } = plan;
  const about = { tenant_id: tenantId, decision_id: decisionId };
  try {
    const kept = keptMessages(body.messages);
    if (kept === null) {
      deps.log("warn", "conversation_not_recorded", { ...about, reason: "too_large" });
      return;
    }
    const said: Recorded = { ...kept, answer: answer === "" ? null : answer, needs: requestNeeds(body) };
    const owner = { tenantId, ownerId: decisionId };
    await storeRecording(deps.db.edge, tenantId, routed.router.id, {
      decision_id: decisionId,
      router_version: routed.router.version,
      conversation_key: row.conversation_key,
      outcome: row.outcome,
      policy: row.policy,
      model: row.model,
      arm: row.arm,
      input_tokens: row.input_tokens,
      cached_input_tokens: row.cached_input_tokens,
      output_tokens: row.output_tokens,
      reasoning_tokens: row.reasoning_tokens,
      cost_usd: row.cost_usd,
      sealed: await seal(deps.env.CREDENTIAL_KEYS, owner, JSON.stringify(said)),
      created_at: row.created_at,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.name : typeof error;
    deps.log("error", "conversation_not_recorded", { ...about, reason });
  }
}

/** The settings of the request's router when its conversation is to be kept, else null. */
function settingsToRecord({ routed, conversation }: Plan): RouterSettings | null {
  const settings = routed?.router.document.settings;
  if (settings?.record_prompts !== true) return null;
  return isSampled(conversation.key, settings.record_percent ?? 100) ? settings : null;
}

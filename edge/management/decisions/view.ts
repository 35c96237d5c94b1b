import { decisionRecordSchema, shownKindSchema } from "../../usage/decision-record.ts";
import { iso } from "../text.ts";
import type { DecisionRow } from "./decisions.store.ts";
import type { DecisionView } from "./schema.ts";

const { outcome, request_status } = decisionRecordSchema.shape;

/** A stored decision as its receipt. */
export const decisionView = (row: DecisionRow): DecisionView => ({
  id: row.id,
  created_at: iso(row.createdAt),
  request_id: row.requestId,
  key_id: row.keyId,
  kind: shownKindSchema.parse(row.kind),
  router: row.router,
  version: row.routerVersion,
  policy_digest: row.policyDigest,
  outcome: outcome.parse(row.outcome),
  policy: row.policy,
  confidence: row.confidence,
  alternatives: row.alternatives,
  source: row.source,
  engine: row.engine,
  unsure_reason: row.unsureReason,
  conversation_key_source: row.conversationKeySource,
  arm: row.arm,
  routing_arm: row.routingArm,
  agrees: row.agrees,
  requested_model: row.requestedModel,
  model: row.model,
  provider: row.provider,
  upstream_model: row.upstreamModel,
  attempts: row.attempts,
  stream: row.stream,
  status: request_status.parse(row.requestStatus),
  http_status: row.httpStatus,
  error_code: row.errorCode,
  finish_reason: row.finishReason,
  usage: {
    input_tokens: row.inputTokens,
    cached_input_tokens: row.cachedInputTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
    estimated: row.estimated,
  },
  cost_usd: row.costUsd,
  routing_usage: {
    input_tokens: row.routingInputTokens,
    cached_input_tokens: row.routingCachedInputTokens,
    output_tokens: row.routingOutputTokens,
    cost_usd: row.routingCostUsd,
  },
  deciding: row.deciding,
  timings_ms: row.timingsMs,
});

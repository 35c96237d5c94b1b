import { z } from "zod";

/** How a request ended, as its caller saw it; `censored` is a copy for a rollout that was not made or cut off. */
export const REQUEST_STATUSES = [
  "completed",
  "failed",
  "interrupted",
  "aborted",
  "refused",
  "routed",
  "censored",
] as const;

/** What took more than one reading of a turn. */
export const decidingSchema = z.object({
  /** `name@version` of the engine of a cascade whose answer counted; null when the engine is none. */
  decided_by: z.string().nullable(),
  /** Whether a cascade asked its bigger engine. */
  escalated: z.boolean(),
  /** Whether both engines of a cascade chose the same; null unless both chose something. */
  agreed: z.boolean().nullable(),
  /** How many policies the deciding model was asked about, when that was not all of them. */
  shortlisted: z.number().int().nullable(),
});

export type StoredDeciding = z.infer<typeof decidingSchema>;

/**
 * One request's receipt: what was decided, what served it, what it cost. Holds no prompt or answer text. Appended
 * through the usage sink; appending the same id twice leaves one row.
 */
export const decisionRecordSchema = z.object({
  id: z.string(),
  tenant_id: z.string(),
  key_id: z.string(),
  request_id: z.string(),
  /** ISO 8601 instant the request arrived at; the row's day comes from the id. */
  created_at: z.string(),
  /**
   * `shadow` is a copy of a completion, or of its decision alone, for a rollout's candidate; `trial` is what evaluations
   * and dry runs took, which no list of receipts shows.
   */
  kind: z.enum(["completion", "route", "shadow", "trial"]),
  router: z.string().nullable(),
  router_version: z.number().int().nullable(),
  policy_digest: z.string().nullable(),
  outcome: z.enum(["matched", "other", "unsure"]).nullable(),
  policy: z.string().nullable(),
  confidence: z.number().nullable(),
  alternatives: z.array(z.object({ policy: z.string().nullable(), probability: z.number() })),
  /** `engine`, `memo`, `explicit` or `fallback:<reason>`. */
  source: z.string(),
  /** `name@version`. */
  engine: z.string().nullable(),
  unsure_reason: z.string().nullable(),
  conversation_key: z.string().nullable(),
  conversation_key_source: z.string().nullable(),
  arm: z.string().nullable(),
  /** Arm of the rollout of the router's own model, such as `candidate@rol_…`. */
  routing_arm: z.string().nullable().default(null),
  /** Of a copy of a decision: whether it came to what the served one came to; null where either failed. */
  agrees: z.boolean().nullable().default(null),
  requested_model: z.string(),
  model: z.string().nullable(),
  provider: z.string().nullable(),
  upstream_model: z.string().nullable(),
  attempts: z.number().int(),
  stream: z.boolean(),
  request_status: z.enum(REQUEST_STATUSES),
  http_status: z.number().int(),
  error_code: z.string().nullable(),
  finish_reason: z.string().nullable(),
  input_tokens: z.number().int().nullable(),
  cached_input_tokens: z.number().int().nullable(),
  output_tokens: z.number().int().nullable(),
  reasoning_tokens: z.number().int().nullable(),
  /** True when tokens were estimated from delivered bytes that upstream did not count. */
  estimated: z.boolean(),
  cost_usd: z.number().nullable(),
  /** What the router model's own calls took and cost, apart from the answer; null when it was not asked or not counted. */
  routing_input_tokens: z.number().int().nullable().default(null),
  routing_cached_input_tokens: z.number().int().nullable().default(null),
  routing_output_tokens: z.number().int().nullable().default(null),
  routing_cost_usd: z.number().nullable().default(null),
  /** How the engine came to its decision; null when it simply read the turn. */
  deciding: decidingSchema.nullable().default(null),
  /** Decisions for which a trial asked a router model that counts; null for anything else. */
  trial_decisions: z.number().int().nullable().default(null),
  /** Milliseconds by part: auth, decide, upstream, first_byte, total. */
  timings_ms: z.record(z.string(), z.number()),
});
export type DecisionRecord = z.infer<typeof decisionRecordSchema>;

/** The kinds that are receipts of what somebody asked for. */
export const shownKindSchema = decisionRecordSchema.shape.kind.exclude(["trial"]);

/** Where receipts go: a queue on Workers, a spool on the worker's disk when self-hosted. */
export interface UsageSink {
  /** Settles when the record is kept: an answer ends after that, so that whatever ends the process loses neither alone. */
  append(record: DecisionRecord): Promise<void>;
}

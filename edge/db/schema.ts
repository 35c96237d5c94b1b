import { bigint, boolean, doublePrecision, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import { day, instant, signalbox } from "./columns.ts";
import type { DraftDocument } from "../routing/draft-document.ts";
import type { KnownMessage, StoredReading } from "../evaluation/turns.ts";
import type { GuardrailsInput } from "../rollouts/guardrails.schema.ts";
import type { EngineCandidate } from "../rollouts/engine-candidate.schema.ts";
import type { Schedule } from "../rollouts/schedule.schema.ts";
import type { ShadowSettings } from "../rollouts/shadow.schema.ts";
import type { RouterDocument, Target } from "../routing/router-document.ts";
import type { StoredDeciding } from "../usage/decision-record.ts";
import type { Model, Scope, Sealed, SnapshotKey } from "../tenancy/snapshot.ts";

/*
 * The tables as queries see them. Constraints, roles, row-level security, triggers and functions live in
 * `migrations/`; a test compares the two.
 */
export * from "./feedback-tables.ts";
export * from "./jobs-tables.ts";
export * from "./recordings-table.ts";

export const tenants = signalbox.table("tenants", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  status: text("status").$type<"active" | "suspended" | "deleting">().notNull().default("active"),
  revision: bigint("revision", { mode: "number" }).notNull().default(1),
  createdAt: instant("created_at").notNull().defaultNow(),
  paidEngines: text("paid_engines").array().notNull().default([]),
});

export const apiKeys = signalbox.table(
  "api_keys",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    name: text("name").notNull(),
    environment: text("environment").$type<SnapshotKey["environment"]>().notNull(),
    /** Lower-case hex SHA-256 of the whole token. */
    hash: text("hash").notNull(),
    /** First characters of the token, for people to tell keys apart. */
    displayPrefix: text("display_prefix").notNull(),
    scopes: jsonb("scopes").$type<Scope[]>().notNull(),
    allowedModels: jsonb("allowed_models").$type<string[] | null>(),
    allowedRouters: jsonb("allowed_routers").$type<string[] | null>(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
    /** To the minute; of requests that left a receipt. */
    lastUsedAt: instant("last_used_at"),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

export const providers = signalbox.table(
  "providers",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    slug: text("slug").notNull(),
    kind: text("kind").notNull(),
    baseUrl: text("base_url"),
    credential: jsonb("credential").$type<Sealed | null>(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

export const models = signalbox.table(
  "models",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    slug: text("slug").notNull(),
    providerId: text("provider_id").notNull(),
    upstreamModel: text("upstream_model").notNull(),
    prices: jsonb("prices").$type<Model["prices"]>(),
    contextWindow: integer("context_window"),
    modalities: jsonb("modalities").$type<Model["modalities"]>().notNull(),
    capabilities: jsonb("capabilities").$type<Model["capabilities"]>().notNull(),
    timeouts: jsonb("timeouts").$type<Model["timeouts"]>().notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

export const routers = signalbox.table(
  "routers",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    slug: text("slug").notNull(),
    /** The version that serves traffic; null before the first publish. */
    publishedVersion: integer("published_version"),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

export const routerDrafts = signalbox.table(
  "router_drafts",
  {
    tenantId: text("tenant_id").notNull(),
    routerId: text("router_id").notNull(),
    /** Opaque; changes with every write of the document. */
    etag: text("etag").notNull(),
    document: jsonb("document").$type<DraftDocument>().notNull(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.routerId] })],
);

export const routerVersions = signalbox.table(
  "router_versions",
  {
    tenantId: text("tenant_id").notNull(),
    routerId: text("router_id").notNull(),
    version: integer("version").notNull(),
    document: jsonb("document").$type<RouterDocument>().notNull(),
    policyDigest: text("policy_digest").notNull(),
    note: text("note"),
    publishedBy: text("published_by").notNull(),
    publishedAt: instant("published_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.routerId, table.version] })],
);

/** A share of one policy's, or of a router's, conversations that a candidate answers or decides. */
export const rollouts = signalbox.table(
  "rollouts",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    routerId: text("router_id").notNull(),
    /** Null when the router's own model is rolled out. */
    policy: text("policy"),
    candidate: jsonb("candidate").$type<Target | EngineCandidate>().notNull(),
    percent: doublePrecision("percent").notNull(),
    guardrails: jsonb("guardrails").$type<GuardrailsInput>().notNull().default({}),
    shadow: jsonb("shadow").$type<ShadowSettings>(),
    /** The last day (UTC) that had copies, and what they took. */
    shadowDay: day("shadow_day"),
    shadowTokens: bigint("shadow_tokens", { mode: "number" }).notNull().default(0),
    status: text("status").$type<"running" | "paused" | "promoted" | "aborted">().notNull().default("running"),
    /** Why it was aborted. */
    reason: text("reason"),
    schedule: jsonb("schedule").$type<Schedule>(),
    /** The schedule's step that has the percent, from 0. */
    scheduleStep: integer("schedule_step"),
    /** When the step under way is over; null while the rollout is paused and after the last step. */
    stepEndsAt: instant("step_ends_at"),
    /** Milliseconds that a paused rollout's step still has. */
    stepLeftMs: doublePrecision("step_left_ms"),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

/** A conversation whose right policies are known; `expected` has one entry for each user message. */
export const goldenCases = signalbox.table(
  "golden_cases",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    routerId: text("router_id").notNull(),
    name: text("name"),
    messages: jsonb("messages").$type<KnownMessage[]>().notNull(),
    /** A policy's name, `other`, or null for a turn that is not scored. */
    expected: jsonb("expected").$type<(string | null)[]>().notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

/** A run of known conversations against one document, kept as it was when the run was asked for. */
export const evaluations = signalbox.table(
  "evaluations",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    routerId: text("router_id").notNull(),
    /** A version's number, or `draft`. */
    revision: text("revision").notNull(),
    document: jsonb("document").$type<DraftDocument>().notNull(),
    documentDigest: text("document_digest").notNull(),
    policyDigest: text("policy_digest").notNull(),
    status: text("status").$type<"running" | "finished" | "cancelled">().notNull().default("running"),
    cases: integer("cases").notNull(),
    decided: integer("decided").notNull().default(0),
    /** Of the key that asked for it; null when that was before keys were kept. */
    keyId: text("key_id"),
    createdAt: instant("created_at").notNull().defaultNow(),
    finishedAt: instant("finished_at"),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

/** Copies of the conversations of a run, with what the engine said once it is known. */
export const evaluationCases = signalbox.table(
  "evaluation_cases",
  {
    tenantId: text("tenant_id").notNull(),
    evaluationId: text("evaluation_id").notNull(),
    place: integer("place").notNull(),
    goldenCaseId: text("golden_case_id"),
    name: text("name"),
    messages: jsonb("messages").$type<KnownMessage[]>().notNull(),
    expected: jsonb("expected").$type<(string | null)[]>().notNull(),
    readings: jsonb("readings").$type<StoredReading[]>(),
    attempts: integer("attempts").notNull().default(0),
    claimedUntil: instant("claimed_until"),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.evaluationId, table.place] })],
);

/** Partitioned by day; the day comes from the id, so a replay past midnight finds its row. */
export const decisions = signalbox.table(
  "decisions",
  {
    tenantId: text("tenant_id").notNull(),
    day: day("day").notNull(),
    id: text("id").notNull(),
    keyId: text("key_id").notNull(),
    requestId: text("request_id").notNull(),
    createdAt: instant("created_at").notNull(),
    kind: text("kind").notNull(),
    router: text("router"),
    routerVersion: integer("router_version"),
    policyDigest: text("policy_digest"),
    outcome: text("outcome"),
    policy: text("policy"),
    confidence: doublePrecision("confidence"),
    alternatives: jsonb("alternatives").$type<{ policy: string | null; probability: number }[]>().notNull(),
    source: text("source").notNull(),
    engine: text("engine"),
    unsureReason: text("unsure_reason"),
    conversationKey: text("conversation_key"),
    conversationKeySource: text("conversation_key_source"),
    arm: text("arm"),
    routingArm: text("routing_arm"),
    agrees: boolean("agrees"),
    requestedModel: text("requested_model").notNull(),
    model: text("model"),
    provider: text("provider"),
    upstreamModel: text("upstream_model"),
    attempts: integer("attempts").notNull(),
    stream: boolean("stream").notNull(),
    requestStatus: text("request_status").notNull(),
    httpStatus: integer("http_status").notNull(),
    errorCode: text("error_code"),
    finishReason: text("finish_reason"),
    inputTokens: integer("input_tokens"),
    cachedInputTokens: integer("cached_input_tokens"),
    outputTokens: integer("output_tokens"),
    reasoningTokens: integer("reasoning_tokens"),
    estimated: boolean("estimated").notNull(),
    costUsd: doublePrecision("cost_usd"),
    timingsMs: jsonb("timings_ms").$type<Record<string, number>>().notNull(),
    routingInputTokens: integer("routing_input_tokens"),
    routingCachedInputTokens: integer("routing_cached_input_tokens"),
    routingOutputTokens: integer("routing_output_tokens"),
    routingCostUsd: doublePrecision("routing_cost_usd"),
    deciding: jsonb("deciding").$type<StoredDeciding>(),
    trialDecisions: integer("trial_decisions"),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.day, table.id] })],
);

export const idempotencyKeys = signalbox.table(
  "idempotency_keys",
  {
    tenantId: text("tenant_id").notNull(),
    /** SHA-256 over key id, route and the caller's Idempotency-Key. */
    scopeHash: text("scope_hash").notNull(),
    bodyHash: text("body_hash").notNull(),
    /** The answer to replay, without anything that is shown once. */
    response: jsonb("response").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.scopeHash] })],
);

export const operatorIdempotencyKeys = signalbox.table("operator_idempotency_keys", {
  scopeHash: text("scope_hash").primaryKey(),
  bodyHash: text("body_hash").notNull(),
  response: jsonb("response").notNull(),
  createdAt: instant("created_at").notNull().defaultNow(),
});

/** Receipts that could not be stored. */
export const deadLetters = signalbox.table("dead_letters", {
  digest: text("digest").primaryKey(),
  tenantId: text("tenant_id"),
  body: text("body").notNull(),
  reason: text("reason").notNull(),
  since: instant("since").notNull().defaultNow(),
  triedAt: instant("tried_at"),
});

/** Append-only. `changes` holds the difference, never a secret. */
export const auditLog = signalbox.table(
  "audit_log",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    /** Key id, or `operator`. */
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    targetKind: text("target_kind").notNull(),
    targetId: text("target_id").notNull(),
    changes: jsonb("changes").$type<Record<string, unknown>>().notNull(),
    requestId: text("request_id").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

/** What the operator did, without a tenant's content; outlives the tenant. */
export const operatorAuditLog = signalbox.table("operator_audit_log", {
  id: text("id").primaryKey(),
  tenantId: text("tenant_id").notNull(),
  action: text("action").notNull(),
  changes: jsonb("changes").$type<Record<string, unknown>>().notNull(),
  requestId: text("request_id").notNull(),
  createdAt: instant("created_at").notNull().defaultNow(),
});

import { bigint, integer, jsonb, numeric, primaryKey, text } from "drizzle-orm/pg-core";
import { day, instant, signalbox } from "./columns.ts";

/** Sums of an hour's decisions, which they outlive. */
export const usageHourly = signalbox.table(
  "usage_hourly",
  {
    tenantId: text("tenant_id").notNull(),
    hour: instant("hour").notNull(),
    /** Counts the hour's groups. */
    slice: integer("slice").notNull(),
    model: text("model"),
    policy: text("policy"),
    keyId: text("key_id").notNull(),
    router: text("router"),
    requests: bigint("requests", { mode: "number" }).notNull(),
    errors: bigint("errors", { mode: "number" }).notNull(),
    estimated: bigint("estimated", { mode: "number" }).notNull(),
    inputTokens: bigint("input_tokens", { mode: "number" }).notNull(),
    cachedInputTokens: bigint("cached_input_tokens", { mode: "number" }).notNull(),
    outputTokens: bigint("output_tokens", { mode: "number" }).notNull(),
    reasoningTokens: bigint("reasoning_tokens", { mode: "number" }).notNull(),
    costUsd: numeric("cost_usd").notNull(),
    routingInputTokens: bigint("routing_input_tokens", { mode: "number" }).notNull(),
    routingCachedInputTokens: bigint("routing_cached_input_tokens", { mode: "number" }).notNull(),
    routingOutputTokens: bigint("routing_output_tokens", { mode: "number" }).notNull(),
    routingCostUsd: numeric("routing_cost_usd").notNull(),
    /** Requests by bin of `signalbox.latency_bin`. */
    latency: jsonb("latency").$type<Record<string, number>>().notNull(),
    shadowRequests: bigint("shadow_requests", { mode: "number" }).notNull().default(0),
    shadowInputTokens: bigint("shadow_input_tokens", { mode: "number" }).notNull().default(0),
    shadowOutputTokens: bigint("shadow_output_tokens", { mode: "number" }).notNull().default(0),
    shadowCostUsd: numeric("shadow_cost_usd").notNull().default("0"),
    trialDecisions: bigint("trial_decisions", { mode: "number" }).notNull().default(0),
    trialInputTokens: bigint("trial_input_tokens", { mode: "number" }).notNull().default(0),
    trialCachedInputTokens: bigint("trial_cached_input_tokens", { mode: "number" }).notNull().default(0),
    trialOutputTokens: bigint("trial_output_tokens", { mode: "number" }).notNull().default(0),
    trialCostUsd: numeric("trial_cost_usd").notNull().default("0"),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.hour, table.slice] })],
);

/** Hours whose decisions say more than their sums. */
export const usageStale = signalbox.table(
  "usage_stale",
  { tenantId: text("tenant_id").notNull(), hour: instant("hour").notNull() },
  (table) => [primaryKey({ columns: [table.tenantId, table.hour] })],
);

/** One row: decisions from before this day are gone, and none is taken any more. */
export const decisionRetention = signalbox.table("decision_retention", { since: day("since").primaryKey() });

/** Decisions and feedback that are still to be told to a collector. */
export const telemetryQueue = signalbox.table(
  "telemetry_queue",
  {
    tenantId: text("tenant_id").notNull(),
    kind: text("kind").$type<"decision" | "feedback">().notNull(),
    id: text("id").notNull(),
    due: instant("due").notNull().defaultNow(),
    attempts: integer("attempts").notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.kind, table.id] })],
);

/** One row: until when what comes is queued, and how much never reached a collector. */
export const telemetryState = signalbox.table("telemetry_state", {
  id: integer("id").primaryKey(),
  queuedUntil: instant("queued_until").notNull(),
  dropped: bigint("dropped", { mode: "number" }).notNull(),
});

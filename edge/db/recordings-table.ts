import { doublePrecision, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import type { Sealed } from "../tenancy/snapshot.ts";
import { instant, signalbox } from "./columns.ts";

/** What was said to a router whose owner has asked for it to be kept; all but `sealed` stands in the receipt too. */
export const recordings = signalbox.table(
  "recordings",
  {
    tenantId: text("tenant_id").notNull(),
    decisionId: text("decision_id").notNull(),
    routerId: text("router_id").notNull(),
    routerVersion: integer("router_version").notNull(),
    conversationKey: text("conversation_key"),
    outcome: text("outcome").$type<"matched" | "other" | "unsure">(),
    policy: text("policy"),
    model: text("model"),
    arm: text("arm"),
    inputTokens: integer("input_tokens"),
    cachedInputTokens: integer("cached_input_tokens"),
    outputTokens: integer("output_tokens"),
    reasoningTokens: integer("reasoning_tokens"),
    costUsd: doublePrecision("cost_usd"),
    sealed: jsonb("sealed").$type<Sealed>().notNull(),
    /** The ring key that `sealed` names. */
    keyId: text("key_id").notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.decisionId] })],
);

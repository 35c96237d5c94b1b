import { doublePrecision, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import type { Sealed } from "../tenancy/snapshot.ts";
import { day, instant, signalbox } from "./columns.ts";

/** What somebody thought of what a decision led to; `router` to `arm` are the decision's. */
export const feedback = signalbox.table(
  "feedback",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    decisionDay: day("decision_day").notNull(),
    decisionId: text("decision_id").notNull(),
    router: text("router"),
    policy: text("policy"),
    model: text("model"),
    arm: text("arm"),
    source: text("source").$type<"inference" | "webhook">().notNull(),
    /** Id of the key or of the feedback source, which may be gone. */
    sourceId: text("source_id").notNull(),
    metric: text("metric").notNull(),
    score: doublePrecision("score").notNull(),
    label: text("label"),
    comment: text("comment"),
    givenAt: instant("given_at").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

/** Feedback events that have counted. */
export const feedbackEvents = signalbox.table(
  "feedback_events",
  {
    tenantId: text("tenant_id").notNull(),
    sourceId: text("source_id").notNull(),
    /** As its sender named it. */
    eventId: text("event_id").notNull(),
    digest: text("digest").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.sourceId, table.eventId] })],
);

/** What sends a tenant's feedback as signed messages. */
export const feedbackSources = signalbox.table(
  "feedback_sources",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    name: text("name").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

/** What a source signs with; null never expires. */
export const feedbackSecrets = signalbox.table(
  "feedback_secrets",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    sourceId: text("source_id").notNull(),
    sealed: jsonb("sealed").$type<Sealed>().notNull(),
    expiresAt: instant("expires_at"),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

import { and, desc, eq, gte, lt, type SQL } from "drizzle-orm";
import type { Reader } from "../../db/client.ts";
import { feedback } from "../../db/schema.ts";
import type { Page } from "../page.ts";
import type { FeedbackFilter } from "./schema.ts";

export type FeedbackRow = typeof feedback.$inferSelect;

/** One row more than the page's limit, newest first. */
export function feedbackPage(db: Reader, tenantId: string, filter: FeedbackFilter, page: Page) {
  const { router, policy, model, decision, metric, source, from, to } = filter;
  const conditions: (SQL | undefined)[] = [
    eq(feedback.tenantId, tenantId),
    page.after === null ? undefined : lt(feedback.id, page.after),
    router === undefined ? undefined : eq(feedback.router, router),
    policy === undefined ? undefined : eq(feedback.policy, policy),
    model === undefined ? undefined : eq(feedback.model, model),
    decision === undefined ? undefined : eq(feedback.decisionId, decision),
    metric === undefined ? undefined : eq(feedback.metric, metric),
    source === undefined ? undefined : eq(feedback.source, source),
    from === undefined ? undefined : gte(feedback.givenAt, from),
    to === undefined ? undefined : lt(feedback.givenAt, to),
  ];
  return db
    .select()
    .from(feedback)
    .where(and(...conditions))
    .orderBy(desc(feedback.id))
    .limit(page.limit + 1);
}

export const feedbackById = (db: Reader, tenantId: string, id: string) =>
  db
    .select()
    .from(feedback)
    .where(and(eq(feedback.tenantId, tenantId), eq(feedback.id, id)));

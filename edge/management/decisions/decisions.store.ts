import { and, desc, eq, gte, inArray, like, lt, lte, ne, sql, type SQL } from "drizzle-orm";
import type { Reader } from "../../db/client.ts";
import { decisions } from "../../db/schema.ts";
import { idTime } from "../../ids.ts";
import type { Page } from "../page.ts";
import type { DecisionFilter } from "./schema.ts";

export type DecisionRow = typeof decisions.$inferSelect;

/** A filter whose conversation is known by the keys it may be stored under. */
export interface StoredFilter extends Omit<DecisionFilter, "conversation"> {
  readonly conversationKeys: readonly string[] | null;
}

/** What trials took is usage, and no receipt of anything that was decided for a client. */
const IS_SHOWN = ne(decisions.kind, "trial");

/** The day whose partition an id's row lies in, UTC. */
const dayOf = (id: string): string => new Date(idTime(id)).toISOString().slice(0, 10);

/** One row more than the page's limit, newest first. Days are bounded too, so that only their partitions are read. */
export function decisionPage(db: Reader, tenantId: string, filter: StoredFilter, page: Page) {
  const { router, policy, model, source, outcome, conversationKeys, from, to } = filter;
  const { after } = page;
  const conditions: (SQL | undefined)[] = [
    eq(decisions.tenantId, tenantId),
    IS_SHOWN,
    after === null ? undefined : and(lt(decisions.id, after), lte(decisions.day, dayOf(after))),
    router === undefined ? undefined : eq(decisions.router, router),
    policy === undefined ? undefined : eq(decisions.policy, policy),
    model === undefined ? undefined : eq(decisions.model, model),
    source === undefined ? undefined : sourceIs(source),
    outcome === undefined ? undefined : eq(decisions.outcome, outcome),
    conversationKeys === null ? undefined : inArray(decisions.conversationKey, [...conversationKeys]),
    // A receipt's id may be a moment younger than the request, so its day may be the next one.
    from === undefined ? undefined : and(gte(decisions.createdAt, from), sql`${decisions.day} >= ${from}::date - 1`),
    to === undefined ? undefined : and(lt(decisions.createdAt, to), sql`${decisions.day} <= ${to}::date + 1`),
  ];
  return db
    .select()
    .from(decisions)
    .where(and(...conditions))
    .orderBy(desc(decisions.id))
    .limit(page.limit + 1);
}

const sourceIs = (source: string): SQL =>
  source === "fallback" ? like(decisions.source, "fallback:%") : eq(decisions.source, source);

export const decisionById = (db: Reader, tenantId: string, id: string) =>
  db
    .select()
    .from(decisions)
    .where(and(eq(decisions.tenantId, tenantId), eq(decisions.day, dayOf(id)), eq(decisions.id, id), IS_SHOWN));

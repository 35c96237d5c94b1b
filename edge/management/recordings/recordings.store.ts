import { and, desc, eq, gte, inArray, isNotNull, lt, type SQL } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { feedback, recordings, routers } from "../../db/schema.ts";
import type { Page } from "../page.ts";

/** Which of a router's recordings; a conversation by the keys it may be stored under. */
export interface StoredRecordingFilter {
  readonly policy?: string | undefined;
  readonly model?: string | undefined;
  readonly conversationKeys: readonly string[] | null;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What the receipt says too; by `id`, which is the decision's. */
const about = {
  id: recordings.decisionId,
  routerVersion: recordings.routerVersion,
  outcome: recordings.outcome,
  policy: recordings.policy,
  model: recordings.model,
  arm: recordings.arm,
  inputTokens: recordings.inputTokens,
  cachedInputTokens: recordings.cachedInputTokens,
  outputTokens: recordings.outputTokens,
  reasoningTokens: recordings.reasoningTokens,
  costUsd: recordings.costUsd,
  createdAt: recordings.createdAt,
  expiresAt: recordings.expiresAt,
};
/** And the cipher text. */
export const withText = { ...about, sealed: recordings.sealed };

/** What lists show of a recording: nothing of what was said. */
export type RecordingRow = Awaited<ReturnType<typeof recordingPage>>[number];

export const routerNamed = (db: Reader, tenantId: string, slug: string) =>
  db
    .select({ id: routers.id })
    .from(routers)
    .where(and(eq(routers.tenantId, tenantId), eq(routers.slug, slug)));

/** One row more than the page's limit, newest first. */
export const recordingPage = (
  db: Reader,
  tenantId: string,
  routerId: string,
  filter: StoredRecordingFilter,
  page: Page,
) =>
  db
    .select(about)
    .from(recordings)
    .where(matching(tenantId, routerId, filter, page.after))
    .orderBy(desc(recordings.decisionId))
    .limit(page.limit + 1);

/** As `recordingPage`, with the cipher text. */
export const sealedPage = (db: Reader, tenantId: string, routerId: string, filter: StoredRecordingFilter, page: Page) =>
  db
    .select(withText)
    .from(recordings)
    .where(matching(tenantId, routerId, filter, page.after))
    .orderBy(desc(recordings.decisionId))
    .limit(page.limit + 1);

/** One recording of a router, by the id of its decision. */
export const sealedById = (db: Reader, tenantId: string, slug: string, decisionId: string) =>
  db
    .select(withText)
    .from(recordings)
    .innerJoin(routers, and(eq(routers.tenantId, recordings.tenantId), eq(routers.id, recordings.routerId)))
    .where(and(eq(recordings.tenantId, tenantId), eq(routers.slug, slug), eq(recordings.decisionId, decisionId)));

/** The policy that the latest feedback with a label says would have been right; null without one. */
export async function labelOf(db: Reader, tenantId: string, decisionId: string): Promise<string | null> {
  const [row] = await db
    .select({ label: feedback.label })
    .from(feedback)
    .where(and(eq(feedback.tenantId, tenantId), eq(feedback.decisionId, decisionId), isNotNull(feedback.label)))
    .orderBy(desc(feedback.givenAt), desc(feedback.id))
    .limit(1);
  return row?.label ?? null;
}

/** False when it is gone already. */
export async function deleteRecordingRow(tx: Transaction, tenantId: string, decisionId: string): Promise<boolean> {
  const itself = and(eq(recordings.tenantId, tenantId), eq(recordings.decisionId, decisionId));
  const gone = await tx.delete(recordings).where(itself).returning({ id: recordings.decisionId });
  return gone.length > 0;
}

/** Deletes up to `limit` of a router's recordings; how many. */
export async function deleteRecordingRows(
  tx: Transaction,
  tenantId: string,
  routerId: string,
  filter: StoredRecordingFilter,
  limit: number,
): Promise<number> {
  const which = tx
    .select({ id: recordings.decisionId })
    .from(recordings)
    .where(matching(tenantId, routerId, filter, null))
    .limit(limit);
  const gone = await tx
    .delete(recordings)
    .where(and(eq(recordings.tenantId, tenantId), inArray(recordings.decisionId, which)))
    .returning({ id: recordings.decisionId });
  return gone.length;
}

/** A router's recordings that a filter lets through, after a position in a list. */
export function matching(tenantId: string, routerId: string, filter: StoredRecordingFilter, after: string | null) {
  const { policy, model, conversationKeys, from, to } = filter;
  const conditions: (SQL | undefined)[] = [
    eq(recordings.tenantId, tenantId),
    eq(recordings.routerId, routerId),
    after === null ? undefined : lt(recordings.decisionId, after),
    policy === undefined ? undefined : eq(recordings.policy, policy),
    model === undefined ? undefined : eq(recordings.model, model),
    conversationKeys === null ? undefined : inArray(recordings.conversationKey, [...conversationKeys]),
    from === undefined ? undefined : gte(recordings.createdAt, from),
    to === undefined ? undefined : lt(recordings.createdAt, to),
  ];
  return and(...conditions);
}

import { and, desc, eq, inArray, lt, sql, type SQL } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { feedbackSecrets, feedbackSources } from "../../db/schema.ts";
import type { Page } from "../page.ts";

export type SecretRow = typeof feedbackSecrets.$inferSelect;
export type SourceRow = typeof feedbackSources.$inferSelect;

const itself = (tenantId: string, id: string) =>
  and(eq(feedbackSources.tenantId, tenantId), eq(feedbackSources.id, id));

/** A source's secrets as rows of JSON, newest first, without what they are. */
const secrets = sql<Pick<SecretRow, "id" | "createdAt" | "expiresAt">[]>`coalesce((
  select jsonb_agg(jsonb_build_object('id', c.id, 'createdAt', c.created_at, 'expiresAt', c.expires_at) order by c.id desc)
  from ${feedbackSecrets} c where c.tenant_id = ${feedbackSources}.tenant_id and c.source_id = ${feedbackSources}.id
), '[]')`;

const selected = (db: Reader, where: SQL | undefined) =>
  db
    .select({
      tenantId: feedbackSources.tenantId,
      id: feedbackSources.id,
      name: feedbackSources.name,
      createdAt: feedbackSources.createdAt,
      secrets,
    })
    .from(feedbackSources)
    .where(where);

/** One row more than the page's limit, newest first. */
export const sourcePage = (db: Reader, tenantId: string, page: Page) =>
  selected(
    db,
    and(eq(feedbackSources.tenantId, tenantId), page.after === null ? undefined : lt(feedbackSources.id, page.after)),
  )
    .orderBy(desc(feedbackSources.id))
    .limit(page.limit + 1);

export const sourceById = (db: Reader, tenantId: string, id: string) => selected(db, itself(tenantId, id));
export type SourceWithSecrets = Awaited<ReturnType<typeof sourceById>>[number];

/** The source, held against a concurrent change until the transaction ends. */
export async function lockSource(tx: Transaction, tenantId: string, id: string): Promise<SourceRow | null> {
  const [row] = await tx.select().from(feedbackSources).where(itself(tenantId, id)).for("update");
  return row ?? null;
}

export async function insertSource(tx: Transaction, row: typeof feedbackSources.$inferInsert): Promise<void> {
  await tx.insert(feedbackSources).values(row);
}

export async function deleteSourceRow(tx: Transaction, { tenantId, id }: SourceRow): Promise<void> {
  await tx.delete(feedbackSources).where(itself(tenantId, id));
}

export async function insertSecret(tx: Transaction, row: typeof feedbackSecrets.$inferInsert): Promise<void> {
  await tx.insert(feedbackSecrets).values(row);
}

/** All of a source's secrets, newest first. */
export async function secretsOf(tx: Transaction, { tenantId, id }: SourceRow): Promise<SecretRow[]> {
  return tx
    .select()
    .from(feedbackSecrets)
    .where(and(eq(feedbackSecrets.tenantId, tenantId), eq(feedbackSecrets.sourceId, id)))
    .orderBy(desc(feedbackSecrets.id));
}

export async function endSecret(tx: Transaction, { tenantId, id }: SecretRow, expiresAt: string): Promise<void> {
  await tx
    .update(feedbackSecrets)
    .set({ expiresAt })
    .where(and(eq(feedbackSecrets.tenantId, tenantId), eq(feedbackSecrets.id, id)));
}

export async function deleteSecrets(tx: Transaction, tenantId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .delete(feedbackSecrets)
    .where(and(eq(feedbackSecrets.tenantId, tenantId), inArray(feedbackSecrets.id, [...ids])));
}

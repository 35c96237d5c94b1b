import { and, count, desc, eq, lt, sql } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { models, providers } from "../../db/schema.ts";
import type { Page } from "../page.ts";

export type ProviderRow = typeof providers.$inferSelect;

const bySlug = (tenantId: string, slug: string) => and(eq(providers.tenantId, tenantId), eq(providers.slug, slug));

/** Null when the slug is taken. */
export async function insertProvider(tx: Transaction, row: typeof providers.$inferInsert): Promise<ProviderRow | null> {
  const target = [providers.tenantId, providers.slug];
  const [inserted] = await tx.insert(providers).values(row).onConflictDoNothing({ target }).returning();
  return inserted ?? null;
}

export const providerPage = (db: Reader, tenantId: string, page: Page) =>
  db
    .select()
    .from(providers)
    .where(and(eq(providers.tenantId, tenantId), page.after === null ? undefined : lt(providers.id, page.after)))
    .orderBy(desc(providers.id))
    .limit(page.limit + 1);

export const providerBySlug = (db: Reader, tenantId: string, slug: string) =>
  db.select().from(providers).where(bySlug(tenantId, slug));

/** The provider, held against changes and new models of it until the transaction ends. */
export async function lockProvider(tx: Transaction, tenantId: string, slug: string): Promise<ProviderRow | null> {
  const [row] = await tx.select().from(providers).where(bySlug(tenantId, slug)).for("update");
  return row ?? null;
}

export async function updateProviderRow(
  tx: Transaction,
  row: ProviderRow,
  changes: Pick<ProviderRow, "kind" | "baseUrl" | "credential">,
): Promise<ProviderRow> {
  const [updated] = await tx
    .update(providers)
    .set({ ...changes, updatedAt: sql`now()` })
    .where(and(eq(providers.tenantId, row.tenantId), eq(providers.id, row.id)))
    .returning();
  return updated ?? row;
}

export async function countModels(tx: Transaction, row: ProviderRow): Promise<number> {
  const [counted] = await tx
    .select({ models: count() })
    .from(models)
    .where(and(eq(models.tenantId, row.tenantId), eq(models.providerId, row.id)));
  return counted?.models ?? 0;
}

export async function deleteProviderRow(tx: Transaction, row: ProviderRow): Promise<void> {
  await tx.delete(providers).where(and(eq(providers.tenantId, row.tenantId), eq(providers.id, row.id)));
}

/** One model of a provider: the one of this slug, or the newest. */
export const modelOfProvider = (db: Reader, row: ProviderRow, slug: string | null) =>
  db
    .select({ slug: models.slug, upstreamModel: models.upstreamModel })
    .from(models)
    .where(
      and(
        eq(models.tenantId, row.tenantId),
        eq(models.providerId, row.id),
        slug === null ? undefined : eq(models.slug, slug),
      ),
    )
    .orderBy(desc(models.id))
    .limit(1);

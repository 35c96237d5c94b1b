import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { QueryFailure } from "../../db/database-failure.ts";
import { apiKeys, models, routerDrafts, routers } from "../../db/schema.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { Page } from "../page.ts";

export type RouterRow = typeof routers.$inferSelect;

const bySlug = (tenantId: string, slug: string) => and(eq(routers.tenantId, tenantId), eq(routers.slug, slug));

/** A router with its first draft; null when the slug is taken. */
export async function insertRouter(
  tx: Transaction,
  row: typeof routers.$inferInsert,
  draft: { readonly etag: string; readonly document: DraftDocument },
): Promise<RouterRow | null> {
  const target = [routers.tenantId, routers.slug];
  const [inserted] = await tx.insert(routers).values(row).onConflictDoNothing({ target }).returning();
  if (inserted === undefined) return null;
  await tx.insert(routerDrafts).values({ tenantId: row.tenantId, routerId: row.id, ...draft });
  return inserted;
}

export const routerPage = (db: Reader, tenantId: string, page: Page) =>
  db
    .select()
    .from(routers)
    .where(and(eq(routers.tenantId, tenantId), page.after === null ? undefined : lt(routers.id, page.after)))
    .orderBy(desc(routers.id))
    .limit(page.limit + 1);

export const routerBySlug = (db: Reader, tenantId: string, slug: string) =>
  db.select().from(routers).where(bySlug(tenantId, slug));

/** The router, held against another publish until the transaction ends. */
export async function lockRouter(tx: Transaction, tenantId: string, slug: string): Promise<RouterRow | null> {
  const [row] = await tx.select().from(routers).where(bySlug(tenantId, slug)).for("update");
  return row ?? null;
}

export async function setPublishedVersion(tx: Transaction, row: RouterRow, version: number): Promise<void> {
  await tx
    .update(routers)
    .set({ publishedVersion: version, updatedAt: sql`now()` })
    .where(and(eq(routers.tenantId, row.tenantId), eq(routers.id, row.id)));
}

/** Which of these model slugs the tenant has, kept from being deleted until the transaction ends. */
export async function holdModels(tx: Transaction, tenantId: string, slugs: readonly string[]): Promise<Set<string>> {
  if (slugs.length === 0) return new Set();
  const rows = await tx
    .select({ slug: models.slug })
    .from(models)
    .where(and(eq(models.tenantId, tenantId), sql`${models.slug} = any(${sql.param([...slugs])}::text[])`))
    .orderBy(models.id)
    .for("key share");
  return new Set(rows.map((row) => row.slug));
}

/** Throws when the slug is taken: see `isSlugTaken`. */
export async function setSlug(tx: Transaction, row: RouterRow, slug: string): Promise<void> {
  await tx
    .update(routers)
    .set({ slug, updatedAt: sql`now()` })
    .where(and(eq(routers.tenantId, row.tenantId), eq(routers.id, row.id)));
}

/** Whether a write failed because another router of the tenant has the slug. */
export const isSlugTaken = (error: unknown): boolean =>
  error instanceof QueryFailure && error.constraint === "routers_slug_key";

/** Keys name the routers they are limited to: those that name this one follow it. */
export async function renameInKeys(tx: Transaction, tenantId: string, from: string, to: string): Promise<void> {
  const renamed = sql`(
    select jsonb_agg(case when slug = ${from}::text then ${to}::text else slug end order by place)
    from jsonb_array_elements_text(${apiKeys.allowedRouters}) with ordinality as listed (slug, place)
  )`;
  await tx
    .update(apiKeys)
    .set({ allowedRouters: renamed })
    .where(and(eq(apiKeys.tenantId, tenantId), sql`${apiKeys.allowedRouters} ? ${from}::text`));
}

/** Its draft and versions go with it. */
export async function deleteRouterRow(tx: Transaction, row: RouterRow): Promise<void> {
  await tx.delete(routers).where(and(eq(routers.tenantId, row.tenantId), eq(routers.id, row.id)));
}

import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { models, providers, rollouts, routers, routerVersions } from "../../db/schema.ts";
import type { RouterDocument, Target } from "../../routing/router-document.ts";
import type { Page } from "../page.ts";

type ModelFields = typeof models.$inferSelect;

/** A model with the slug of its provider. */
export interface ModelRow extends ModelFields {
  readonly provider: string;
}

const bySlug = (tenantId: string, slug: string) => and(eq(models.tenantId, tenantId), eq(models.slug, slug));
const ofProvider = and(eq(providers.tenantId, models.tenantId), eq(providers.id, models.providerId));
const found = { model: models, provider: providers.slug };

/** The provider a model is to use, kept from being deleted until the transaction ends. */
export async function holdProvider(tx: Transaction, tenantId: string, slug: string): Promise<{ id: string } | null> {
  const wanted = and(eq(providers.tenantId, tenantId), eq(providers.slug, slug));
  const [row] = await tx.select({ id: providers.id }).from(providers).where(wanted).for("key share");
  return row ?? null;
}

/** Null when the slug is taken. */
export async function insertModel(tx: Transaction, row: typeof models.$inferInsert): Promise<ModelFields | null> {
  const target = [models.tenantId, models.slug];
  const [inserted] = await tx.insert(models).values(row).onConflictDoNothing({ target }).returning();
  return inserted ?? null;
}

export const modelPage = (db: Reader, tenantId: string, page: Page) =>
  db
    .select(found)
    .from(models)
    .innerJoin(providers, ofProvider)
    .where(and(eq(models.tenantId, tenantId), page.after === null ? undefined : lt(models.id, page.after)))
    .orderBy(desc(models.id))
    .limit(page.limit + 1);

export const modelBySlug = (db: Reader, tenantId: string, slug: string) =>
  db.select(found).from(models).innerJoin(providers, ofProvider).where(bySlug(tenantId, slug));

/** A row of `modelPage` or `modelBySlug` as one object. */
export const modelRow = (row: { model: ModelFields; provider: string }): ModelRow => ({
  ...row.model,
  provider: row.provider,
});

/** The model, held against changes and against a publish that names it until the transaction ends. */
export async function lockModel(tx: Transaction, tenantId: string, slug: string): Promise<ModelRow | null> {
  const [model] = await tx.select().from(models).where(bySlug(tenantId, slug)).for("update");
  if (model === undefined) return null;
  const own = and(eq(providers.tenantId, tenantId), eq(providers.id, model.providerId));
  const [provider] = await tx.select({ slug: providers.slug }).from(providers).where(own);
  return provider === undefined ? null : { ...model, provider: provider.slug };
}

export async function updateModelRow(
  tx: Transaction,
  row: ModelRow,
  changes: Partial<typeof models.$inferInsert>,
): Promise<ModelFields> {
  const [updated] = await tx
    .update(models)
    .set({ ...changes, updatedAt: sql`now()` })
    .where(and(eq(models.tenantId, row.tenantId), eq(models.id, row.id)))
    .returning();
  return updated ?? row;
}

/** The tenant's routers with the documents that serve traffic now. */
export async function publishedDocuments(
  tx: Transaction,
  tenantId: string,
): Promise<{ slug: string; document: RouterDocument }[]> {
  const published = and(
    eq(routerVersions.tenantId, routers.tenantId),
    eq(routerVersions.routerId, routers.id),
    eq(routerVersions.version, routers.publishedVersion),
  );
  return tx
    .select({ slug: routers.slug, document: routerVersions.document })
    .from(routers)
    .innerJoin(routerVersions, published)
    .where(eq(routers.tenantId, tenantId))
    .orderBy(routers.slug);
}

/** The tenant's rollouts of policies that are running or paused, with their candidates. */
export async function openCandidates(tx: Transaction, tenantId: string): Promise<{ id: string; candidate: Target }[]> {
  const rows = await tx
    .select({ id: rollouts.id, candidate: rollouts.candidate })
    .from(rollouts)
    .where(and(eq(rollouts.tenantId, tenantId), inArray(rollouts.status, ["running", "paused"])))
    .orderBy(rollouts.id);
  return rows.flatMap(({ id, candidate }) => ("engine" in candidate ? [] : [{ id, candidate }]));
}

export async function deleteModelRow(tx: Transaction, row: ModelRow): Promise<void> {
  await tx.delete(models).where(and(eq(models.tenantId, row.tenantId), eq(models.id, row.id)));
}

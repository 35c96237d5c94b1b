import { and, desc, eq, lt, max } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { routers, routerVersions } from "../../db/schema.ts";
import type { Page } from "../page.ts";

export type VersionRow = typeof routerVersions.$inferSelect;

const ofRouter = and(eq(routerVersions.tenantId, routers.tenantId), eq(routerVersions.routerId, routers.id));
const bySlug = (tenantId: string, slug: string) => and(eq(routers.tenantId, tenantId), eq(routers.slug, slug));
const summary = {
  version: routerVersions.version,
  policyDigest: routerVersions.policyDigest,
  note: routerVersions.note,
  publishedBy: routerVersions.publishedBy,
  publishedAt: routerVersions.publishedAt,
};

/** The highest version of a router, 0 before the first; hold the router, or another publish may take the next. */
export async function lastVersion(tx: Transaction, tenantId: string, routerId: string): Promise<number> {
  const own = and(eq(routerVersions.tenantId, tenantId), eq(routerVersions.routerId, routerId));
  const [row] = await tx
    .select({ last: max(routerVersions.version) })
    .from(routerVersions)
    .where(own);
  return row?.last ?? 0;
}

export async function insertVersion(tx: Transaction, row: typeof routerVersions.$inferInsert): Promise<VersionRow[]> {
  return tx.insert(routerVersions).values(row).returning();
}

/** Newest first, without documents; the page's position is a version number. */
export const versionPage = (db: Reader, tenantId: string, slug: string, page: Page) =>
  db
    .select(summary)
    .from(routerVersions)
    .innerJoin(routers, ofRouter)
    .where(
      and(bySlug(tenantId, slug), page.after === null ? undefined : lt(routerVersions.version, Number(page.after))),
    )
    .orderBy(desc(routerVersions.version))
    .limit(page.limit + 1);

export const versionByNumber = (db: Reader, tenantId: string, slug: string, version: number) =>
  db
    .select({ ...summary, document: routerVersions.document })
    .from(routerVersions)
    .innerJoin(routers, ofRouter)
    .where(and(bySlug(tenantId, slug), eq(routerVersions.version, version)));

/** The version that serves traffic; none before the first publish. */
export const publishedBySlug = (db: Reader, tenantId: string, slug: string) =>
  db
    .select({ version: routerVersions.version, document: routerVersions.document })
    .from(routerVersions)
    .innerJoin(routers, ofRouter)
    .where(and(bySlug(tenantId, slug), eq(routerVersions.version, routers.publishedVersion)));

/** A version within a transaction; null when there is none of this number. */
export async function versionOf(
  tx: Transaction,
  tenantId: string,
  routerId: string,
  version: number,
): Promise<VersionRow | null> {
  const own = and(
    eq(routerVersions.tenantId, tenantId),
    eq(routerVersions.routerId, routerId),
    eq(routerVersions.version, version),
  );
  const [row] = await tx.select().from(routerVersions).where(own);
  return row ?? null;
}

import { and, asc, count, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { goldenCases, routers } from "../../db/schema.ts";
import type { Page } from "../page.ts";
import type { GoldenCaseInput } from "./schema.ts";

export type GoldenCaseRow = typeof goldenCases.$inferSelect;

const columns = {
  tenantId: goldenCases.tenantId,
  id: goldenCases.id,
  routerId: goldenCases.routerId,
  name: goldenCases.name,
  messages: goldenCases.messages,
  expected: goldenCases.expected,
  createdAt: goldenCases.createdAt,
  updatedAt: goldenCases.updatedAt,
};
const ofRouter = and(eq(routers.tenantId, goldenCases.tenantId), eq(routers.id, goldenCases.routerId));
const bySlug = (tenantId: string, slug: string) => and(eq(routers.tenantId, tenantId), eq(routers.slug, slug));
const itself = ({ tenantId, id }: GoldenCaseRow) => and(eq(goldenCases.tenantId, tenantId), eq(goldenCases.id, id));

export const routerNamed = (db: Reader, tenantId: string, slug: string) =>
  db.select({ id: routers.id }).from(routers).where(bySlug(tenantId, slug));

/** The router's id, the router held until the transaction ends: what is counted of it stays so. */
export async function holdRouter(tx: Transaction, tenantId: string, slug: string): Promise<string | null> {
  const [row] = await tx.select({ id: routers.id }).from(routers).where(bySlug(tenantId, slug)).for("update");
  return row?.id ?? null;
}

/** One row more than the page's limit, newest first. */
export const casePage = (db: Reader, tenantId: string, slug: string, page: Page) =>
  db
    .select(columns)
    .from(goldenCases)
    .innerJoin(routers, ofRouter)
    .where(and(bySlug(tenantId, slug), page.after === null ? undefined : lt(goldenCases.id, page.after)))
    .orderBy(desc(goldenCases.id))
    .limit(page.limit + 1);

/** One row more than the page's limit, in the order in which they were written. */
export const casesInOrder = (db: Reader, tenantId: string, slug: string, page: Page) =>
  db
    .select(columns)
    .from(goldenCases)
    .innerJoin(routers, ofRouter)
    .where(and(bySlug(tenantId, slug), page.after === null ? undefined : gt(goldenCases.id, page.after)))
    .orderBy(asc(goldenCases.id))
    .limit(page.limit + 1);

export const caseById = (db: Reader, tenantId: string, slug: string, id: string) =>
  db
    .select(columns)
    .from(goldenCases)
    .innerJoin(routers, ofRouter)
    .where(and(bySlug(tenantId, slug), eq(goldenCases.id, id)));

/** The case, held against a concurrent change until the transaction ends. */
export async function lockCase(
  tx: Transaction,
  tenantId: string,
  slug: string,
  id: string,
): Promise<GoldenCaseRow | null> {
  const named = and(eq(goldenCases.tenantId, tenantId), eq(goldenCases.id, id));
  const [locked] = await tx.select({ id: goldenCases.id }).from(goldenCases).where(named).for("update");
  const [row] = locked === undefined ? [] : await caseById(tx, tenantId, slug, id);
  return row ?? null;
}

export async function countCases(tx: Transaction, tenantId: string, routerId: string): Promise<number> {
  const own = and(eq(goldenCases.tenantId, tenantId), eq(goldenCases.routerId, routerId));
  const [row] = await tx.select({ cases: count() }).from(goldenCases).where(own);
  return row?.cases ?? 0;
}

export async function insertCases(
  tx: Transaction,
  rows: readonly (typeof goldenCases.$inferInsert)[],
): Promise<GoldenCaseRow[]> {
  return tx
    .insert(goldenCases)
    .values([...rows])
    .returning();
}

export async function updateCase(tx: Transaction, row: GoldenCaseRow, input: GoldenCaseInput): Promise<GoldenCaseRow> {
  const [updated] = await tx
    .update(goldenCases)
    .set({ ...input, updatedAt: sql`now()` })
    .where(itself(row))
    .returning();
  return updated ?? row;
}

export async function deleteCaseRow(tx: Transaction, row: GoldenCaseRow): Promise<void> {
  await tx.delete(goldenCases).where(itself(row));
}

export async function deleteCasesOf(tx: Transaction, tenantId: string, routerId: string): Promise<void> {
  await tx.delete(goldenCases).where(and(eq(goldenCases.tenantId, tenantId), eq(goldenCases.routerId, routerId)));
}

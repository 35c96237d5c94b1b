import { and, asc, count, desc, eq, lt, sql } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { QueryFailure } from "../../db/database-failure.ts";
import { evaluationCases, evaluations, goldenCases, routers } from "../../db/schema.ts";
import type { Page } from "../page.ts";

export type EvaluationRow = typeof evaluations.$inferSelect;
type CaseRow = typeof evaluationCases.$inferInsert;

const columns = {
  tenantId: evaluations.tenantId,
  id: evaluations.id,
  routerId: evaluations.routerId,
  revision: evaluations.revision,
  document: evaluations.document,
  documentDigest: evaluations.documentDigest,
  policyDigest: evaluations.policyDigest,
  status: evaluations.status,
  cases: evaluations.cases,
  decided: evaluations.decided,
  keyId: evaluations.keyId,
  createdAt: evaluations.createdAt,
  finishedAt: evaluations.finishedAt,
};
const ofRouter = and(eq(routers.tenantId, evaluations.tenantId), eq(routers.id, evaluations.routerId));
const bySlug = (tenantId: string, slug: string) => and(eq(routers.tenantId, tenantId), eq(routers.slug, slug));
const itself = (tenantId: string, id: string) => and(eq(evaluations.tenantId, tenantId), eq(evaluations.id, id));
const casesOf = (tenantId: string, routerId: string) =>
  and(eq(goldenCases.tenantId, tenantId), eq(goldenCases.routerId, routerId));

export const routerNamed = (db: Reader, tenantId: string, slug: string) =>
  db.select({ id: routers.id }).from(routers).where(bySlug(tenantId, slug));

/** The router's id, its golden cases held as they are by holding it until the transaction ends. */
export async function holdRouter(tx: Transaction, tenantId: string, slug: string): Promise<string | null> {
  const [row] = await tx.select({ id: routers.id }).from(routers).where(bySlug(tenantId, slug)).for("update");
  return row?.id ?? null;
}

export async function countGoldenCases(tx: Transaction, tenantId: string, routerId: string): Promise<number> {
  const [row] = await tx.select({ cases: count() }).from(goldenCases).where(casesOf(tenantId, routerId));
  return row?.cases ?? 0;
}

/** Throws when the router has a running one: see `isRunning`. */
export async function insertEvaluation(
  tx: Transaction,
  row: typeof evaluations.$inferInsert,
): Promise<EvaluationRow | null> {
  const [inserted] = await tx.insert(evaluations).values(row).returning();
  return inserted ?? null;
}

export const isRunning = (error: unknown): boolean =>
  error instanceof QueryFailure && error.constraint === "evaluations_running_key";

export async function insertGivenCases(tx: Transaction, rows: readonly CaseRow[]): Promise<void> {
  await tx.insert(evaluationCases).values([...rows]);
}

/** Copies the router's golden cases into a run, in the order in which they were written. */
export async function copyGoldenCases(tx: Transaction, { tenantId, id, routerId }: EvaluationRow): Promise<void> {
  await tx.execute(sql`
    insert into ${evaluationCases} (tenant_id, evaluation_id, place, golden_case_id, name, messages, expected)
    select tenant_id, ${id}::text, row_number() over (order by id) - 1, id, name, messages, expected
    from ${goldenCases} where ${casesOf(tenantId, routerId)}
  `);
}

export const evaluationPage = (db: Reader, tenantId: string, slug: string, page: Page) =>
  db
    .select(columns)
    .from(evaluations)
    .innerJoin(routers, ofRouter)
    .where(and(bySlug(tenantId, slug), page.after === null ? undefined : lt(evaluations.id, page.after)))
    .orderBy(desc(evaluations.id))
    .limit(page.limit + 1);

export const evaluationById = (db: Reader, tenantId: string, slug: string, id: string) =>
  db
    .select(columns)
    .from(evaluations)
    .innerJoin(routers, ofRouter)
    .where(and(bySlug(tenantId, slug), eq(evaluations.id, id)));

/** What is right and what the engine said, of every case of a run, without the conversations. */
export const decidedCases = (db: Reader, tenantId: string, id: string) =>
  db
    .select({
      golden_case: evaluationCases.goldenCaseId,
      name: evaluationCases.name,
      expected: evaluationCases.expected,
      readings: evaluationCases.readings,
    })
    .from(evaluationCases)
    .where(and(eq(evaluationCases.tenantId, tenantId), eq(evaluationCases.evaluationId, id)))
    .orderBy(asc(evaluationCases.place));

export async function lockEvaluation(
  tx: Transaction,
  tenantId: string,
  slug: string,
  id: string,
): Promise<EvaluationRow | null> {
  const [locked] = await tx.select({ id: evaluations.id }).from(evaluations).where(itself(tenantId, id)).for("update");
  const [row] = locked === undefined ? [] : await evaluationById(tx, tenantId, slug, id);
  return row ?? null;
}

export async function cancelRow(tx: Transaction, row: EvaluationRow): Promise<EvaluationRow> {
  const [updated] = await tx
    .update(evaluations)
    .set({ status: "cancelled", finishedAt: sql`now()` })
    .where(itself(row.tenantId, row.id))
    .returning();
  return updated ?? row;
}

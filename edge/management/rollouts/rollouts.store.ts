import { and, desc, eq, inArray, lt } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { QueryFailure } from "../../db/database-failure.ts";
import { models, rollouts, routers, routerVersions } from "../../db/schema.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import type { Page } from "../page.ts";

type RolloutFields = typeof rollouts.$inferSelect;
/** Where a rollout is in its schedule. */
export type ScheduleColumns = Pick<RolloutFields, "schedule" | "scheduleStep" | "stepEndsAt" | "stepLeftMs">;

/** A rollout with the slug of its router. */
export interface RolloutRow extends RolloutFields {
  readonly router: string;
}

const ofRouter = and(eq(routers.tenantId, rollouts.tenantId), eq(routers.id, rollouts.routerId));
const inTenant = (tenantId: string, id: string) => and(eq(rollouts.tenantId, tenantId), eq(rollouts.id, id));
const found = { rollout: rollouts, router: routers.slug };

/** A row of `rolloutPage` or `rolloutById` as one object. */
export const rolloutRow = (row: { rollout: RolloutFields; router: string }): RolloutRow => ({
  ...row.rollout,
  router: row.router,
});

export const rolloutPage = (db: Reader, tenantId: string, page: Page) =>
  db
    .select(found)
    .from(rollouts)
    .innerJoin(routers, ofRouter)
    .where(and(eq(rollouts.tenantId, tenantId), page.after === null ? undefined : lt(rollouts.id, page.after)))
    .orderBy(desc(rollouts.id))
    .limit(page.limit + 1);

export const rolloutById = (db: Reader, tenantId: string, id: string) =>
  db.select(found).from(rollouts).innerJoin(routers, ofRouter).where(inTenant(tenantId, id));

/** The rollout, held against a concurrent change until the transaction ends. */
export async function lockRollout(tx: Transaction, tenantId: string, id: string): Promise<RolloutRow | null> {
  const [locked] = await tx.select({ id: rollouts.id }).from(rollouts).where(inTenant(tenantId, id)).for("update");
  const [row] = locked === undefined ? [] : await rolloutById(tx, tenantId, id);
  return row === undefined ? null : rolloutRow(row);
}

/** Throws when the policy has an open rollout: see `isPolicyTaken`. */
export async function insertRollout(
  tx: Transaction,
  row: typeof rollouts.$inferInsert,
  router: string,
): Promise<RolloutRow | null> {
  const [inserted] = await tx.insert(rollouts).values(row).returning();
  return inserted === undefined ? null : { ...inserted, router };
}

/** Whether a write failed because another open rollout has the policy, or the router where it has none. */
export const isPolicyTaken = (error: unknown): boolean =>
  error instanceof QueryFailure && ["rollouts_open_key", "rollouts_open_router_key"].includes(error.constraint ?? "");

/** Changes a rollout at an instant (ISO 8601). */
export async function updateRolloutRow(
  tx: Transaction,
  row: RolloutRow,
  changes: Partial<Pick<RolloutRow, "percent" | "shadow" | "status" | "reason" | keyof ScheduleColumns>>,
  at: string,
): Promise<RolloutRow> {
  const [updated] = await tx
    .update(rollouts)
    .set({ ...changes, updatedAt: at })
    .where(inTenant(row.tenantId, row.id))
    .returning();
  return { ...row, ...updated };
}

/** A router's id and the document that serves its traffic; null when there is no such router or none is published. */
export async function publishedRouter(
  tx: Transaction,
  tenantId: string,
  slug: string,
): Promise<{ id: string; document: RouterDocument } | null> {
  const published = and(
    eq(routerVersions.tenantId, routers.tenantId),
    eq(routerVersions.routerId, routers.id),
    eq(routerVersions.version, routers.publishedVersion),
  );
  const [row] = await tx
    .select({ id: routers.id, document: routerVersions.document })
    .from(routers)
    .innerJoin(routerVersions, published)
    .where(and(eq(routers.tenantId, tenantId), eq(routers.slug, slug)));
  return row ?? null;
}

/** Which of these model slugs the tenant has, kept from being deleted until the transaction ends. */
export async function holdCandidates(
  tx: Transaction,
  tenantId: string,
  slugs: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await tx
    .select({ slug: models.slug })
    .from(models)
    .where(and(eq(models.tenantId, tenantId), inArray(models.slug, [...slugs])))
    .orderBy(models.id)
    .for("key share");
  return new Set(rows.map(({ slug }) => slug));
}

import { and, eq, sql } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { routerDrafts, routers } from "../../db/schema.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";

export interface DraftRow {
  readonly routerId: string;
  readonly etag: string;
  readonly document: DraftDocument;
}

const columns = { routerId: routerDrafts.routerId, etag: routerDrafts.etag, document: routerDrafts.document };
const ofRouter = and(eq(routerDrafts.tenantId, routers.tenantId), eq(routerDrafts.routerId, routers.id));
const bySlug = (tenantId: string, slug: string) => and(eq(routers.tenantId, tenantId), eq(routers.slug, slug));

export const draftBySlug = (db: Reader, tenantId: string, slug: string) =>
  db.select(columns).from(routerDrafts).innerJoin(routers, ofRouter).where(bySlug(tenantId, slug));

/** The draft of a router within a transaction. */
export async function readDraft(tx: Transaction, tenantId: string, slug: string): Promise<DraftRow | null> {
  const [row] = await tx.select(columns).from(routerDrafts).innerJoin(routers, ofRouter).where(bySlug(tenantId, slug));
  return row ?? null;
}

/** The draft, held against another edit until the transaction ends. */
export async function lockDraft(tx: Transaction, tenantId: string, slug: string): Promise<DraftRow | null> {
  const router = tx.select({ id: routers.id }).from(routers).where(bySlug(tenantId, slug));
  const own = and(eq(routerDrafts.tenantId, tenantId), eq(routerDrafts.routerId, router));
  const [row] = await tx.select(columns).from(routerDrafts).where(own).for("update");
  return row ?? null;
}

/** Writes over exactly the draft that was read; false when somebody else has written since. */
export async function replaceDraft(
  tx: Transaction,
  tenantId: string,
  read: DraftRow,
  next: { readonly etag: string; readonly document: DraftDocument },
): Promise<boolean> {
  const unchanged = and(
    eq(routerDrafts.tenantId, tenantId),
    eq(routerDrafts.routerId, read.routerId),
    eq(routerDrafts.etag, read.etag),
  );
  const written = await tx
    .update(routerDrafts)
    .set({ ...next, updatedAt: sql`now()` })
    .where(unchanged)
    .returning({ etag: routerDrafts.etag });
  return written.length > 0;
}

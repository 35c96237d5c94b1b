import { and, desc, eq, lt } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { apiKeys } from "../../db/schema.ts";
import type { Page } from "../page.ts";

/** A key without its hash, which nothing but the look-up of a request needs. */
export type KeyRow = Omit<typeof apiKeys.$inferSelect, "hash">;

const columns = {
  tenantId: apiKeys.tenantId,
  id: apiKeys.id,
  name: apiKeys.name,
  environment: apiKeys.environment,
  displayPrefix: apiKeys.displayPrefix,
  scopes: apiKeys.scopes,
  allowedModels: apiKeys.allowedModels,
  allowedRouters: apiKeys.allowedRouters,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  lastUsedAt: apiKeys.lastUsedAt,
  createdAt: apiKeys.createdAt,
};

const inTenant = (tenantId: string, id: string) => and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, id));

/** No row is returned: the operator adds a tenant's first key and may read none. */
export async function insertKey(tx: Transaction, row: typeof apiKeys.$inferInsert): Promise<void> {
  await tx.insert(apiKeys).values(row);
}

export const keyPage = (db: Reader, tenantId: string, page: Page) =>
  db
    .select(columns)
    .from(apiKeys)
    .where(and(eq(apiKeys.tenantId, tenantId), page.after === null ? undefined : lt(apiKeys.id, page.after)))
    .orderBy(desc(apiKeys.id))
    .limit(page.limit + 1);

export const keyById = (db: Reader, tenantId: string, id: string) =>
  db.select(columns).from(apiKeys).where(inTenant(tenantId, id));

/** The key, held against a concurrent change until the transaction ends. */
export async function lockKey(tx: Transaction, tenantId: string, id: string): Promise<KeyRow | null> {
  const [row] = await tx.select(columns).from(apiKeys).where(inTenant(tenantId, id)).for("update");
  return row ?? null;
}

export async function setRevoked(tx: Transaction, tenantId: string, id: string, revokedAt: string): Promise<void> {
  await tx.update(apiKeys).set({ revokedAt }).where(inTenant(tenantId, id));
}

/** Changes what people may change of a key. */
export async function updateKeyRow(
  tx: Transaction,
  row: KeyRow,
  changes: Partial<Pick<KeyRow, "name" | "scopes" | "allowedModels" | "allowedRouters" | "expiresAt">>,
): Promise<KeyRow> {
  const [updated] = await tx.update(apiKeys).set(changes).where(inTenant(row.tenantId, row.id)).returning(columns);
  return updated ?? row;
}

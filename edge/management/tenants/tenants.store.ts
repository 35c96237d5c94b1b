import { desc, eq, lt } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { apiKeys, tenants } from "../../db/schema.ts";
import type { Page } from "../page.ts";

export type TenantRow = typeof tenants.$inferSelect;

/** A tenant and its first key. The operator may add the key but not read it back. */
export async function insertTenant(
  tx: Transaction,
  tenant: typeof tenants.$inferInsert,
  adminKey: typeof apiKeys.$inferInsert,
): Promise<void> {
  await tx.insert(tenants).values(tenant);
  await tx.insert(apiKeys).values(adminKey);
}

export const tenantPage = (db: Reader, page: Page) =>
  db
    .select()
    .from(tenants)
    .where(page.after === null ? undefined : lt(tenants.id, page.after))
    .orderBy(desc(tenants.id))
    .limit(page.limit + 1);

export const tenantById = (db: Reader, id: string) => db.select().from(tenants).where(eq(tenants.id, id));

/** The tenant, held against a concurrent change until the transaction ends. */
export async function lockTenant(tx: Transaction, id: string): Promise<TenantRow | null> {
  const [row] = await tx.select().from(tenants).where(eq(tenants.id, id)).for("update");
  return row ?? null;
}

export async function setPaidEngines(tx: Transaction, id: string, paidEngines: string[]): Promise<void> {
  await tx.update(tenants).set({ paidEngines }).where(eq(tenants.id, id));
}

export async function setTenantStatus(tx: Transaction, id: string, status: TenantRow["status"]): Promise<void> {
  await tx.update(tenants).set({ status }).where(eq(tenants.id, id));
}

import { iso } from "../text.ts";
import type { TenantView } from "./schema.ts";
import type { TenantRow } from "./tenants.store.ts";

export const tenantView = (
  row: Pick<TenantRow, "id" | "name" | "status" | "paidEngines" | "createdAt">,
): TenantView => ({
  id: row.id,
  name: row.name,
  status: row.status,
  paid_engines: row.paidEngines,
  created_at: iso(row.createdAt),
});

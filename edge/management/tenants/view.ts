import { iso } from "../text.ts";
import type { TenantView } from "./schema.ts";
import type { TenantRow } from "./tenants.store.ts";

export const tenantView = (row: Pick<TenantRow, "id" | "name" | "status" | "createdAt">): TenantView => ({
  id: row.id,
  name: row.name,
  status: row.status,
  created_at: iso(row.createdAt),
});

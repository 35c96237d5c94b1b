import { sql, type SQL } from "drizzle-orm";

/** Whose rows a query may see. The operator sees tenants and adds rows to them, but reads none of a tenant's own. */
export type DbScope = { readonly tenantId: string } | { readonly operator: true };

/** The first statement of every transaction: row-level security reads what it sets, until that transaction ends. */
export function scopeStatement(scope: DbScope): SQL {
  const tenantId = "tenantId" in scope ? scope.tenantId : "";
  const operator = "operator" in scope ? "on" : "";
  return sql`select set_config('app.tenant_id', ${tenantId}, true), set_config('app.operator', ${operator}, true)`;
}

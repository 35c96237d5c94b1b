import { ok, refuse, type Result } from "../../errors.ts";
import type { OperatorContext } from "../context.ts";
import type { TenantView } from "./schema.ts";
import { tenantById } from "./tenants.store.ts";
import { tenantView } from "./view.ts";

export async function getTenant(context: OperatorContext, id: string): Promise<Result<TenantView>> {
  const [row] = await context.deps.db.api.read(context.scope, (db) => tenantById(db, id));
  return row === undefined ? refuse("not_found") : ok(tenantView(row));
}

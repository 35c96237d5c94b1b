import { ok, type Result } from "../../errors.ts";
import type { OperatorContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import type { TenantView } from "./schema.ts";
import { tenantPage } from "./tenants.store.ts";
import { tenantView } from "./view.ts";

/** All tenants, newest first. */
export async function listTenants(context: OperatorContext, page: Page): Promise<Result<Listed<TenantView>>> {
  const rows = await context.deps.db.api.read(context.scope, (db) => tenantPage(db, page));
  return ok(listed(rows, page, tenantView));
}

import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { keyPage } from "./keys.store.ts";
import type { KeyView } from "./schema.ts";
import { keyView } from "./view.ts";

/** The tenant's keys, newest first, revoked and expired ones among them. */
export async function listKeys(context: TenantContext, page: Page): Promise<Result<Listed<KeyView>>> {
  const { deps, scope, tenantId } = context;
  const rows = await deps.db.api.read(scope, (db) => keyPage(db, tenantId, page));
  return ok(listed(rows, page, (row) => keyView(row, deps.now())));
}

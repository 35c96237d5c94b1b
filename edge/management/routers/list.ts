import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { routerPage } from "./routers.store.ts";
import type { RouterView } from "./schema.ts";
import { routerView } from "./view.ts";

/** The tenant's routers, newest first. */
export async function listRouters(context: TenantContext, page: Page): Promise<Result<Listed<RouterView>>> {
  const rows = await context.deps.db.api.read(context.scope, (db) => routerPage(db, context.tenantId, page));
  return ok(listed(rows, page, routerView));
}

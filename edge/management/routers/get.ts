import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { routerBySlug } from "./routers.store.ts";
import type { RouterView } from "./schema.ts";
import { routerView } from "./view.ts";

export async function getRouter(context: TenantContext, slug: string): Promise<Result<RouterView>> {
  const [row] = await context.deps.db.api.read(context.scope, (db) => routerBySlug(db, context.tenantId, slug));
  return row === undefined ? refuse("not_found") : ok(routerView(row));
}

import { ok, refuse, type Result } from "../../errors.ts";
import { mayUseRouter } from "../../tenancy/scopes.ts";
import type { TenantContext } from "../context.ts";
import { routerNamed } from "./recordings.store.ts";

/** The id of a router whose recordings this key may see: what a key's list of routers leaves out stays unread. */
export async function routerOf(context: TenantContext, slug: string): Promise<Result<string>> {
  const { deps, scope, tenantId, key } = context;
  if (!mayUseRouter(key, slug)) return notThisRouter();
  const [router] = await deps.db.api.read(scope, (db) => routerNamed(db, tenantId, slug));
  return router === undefined ? refuse("not_found") : ok(router.id);
}

export const notThisRouter = () =>
  refuse("model_not_allowed", { message: "This API key may not use this router.", param: "slug" });

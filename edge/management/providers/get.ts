import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { providerBySlug } from "./providers.store.ts";
import type { ProviderView } from "./schema.ts";
import { providerView } from "./view.ts";

export async function getProvider(context: TenantContext, slug: string): Promise<Result<ProviderView>> {
  const [row] = await context.deps.db.api.read(context.scope, (db) => providerBySlug(db, context.tenantId, slug));
  return row === undefined ? refuse("not_found") : ok(providerView(row));
}

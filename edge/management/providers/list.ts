import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { providerPage } from "./providers.store.ts";
import type { ProviderView } from "./schema.ts";
import { providerView } from "./view.ts";

/** The tenant's providers, newest first. */
export async function listProviders(context: TenantContext, page: Page): Promise<Result<Listed<ProviderView>>> {
  const rows = await context.deps.db.api.read(context.scope, (db) => providerPage(db, context.tenantId, page));
  return ok(listed(rows, page, providerView));
}

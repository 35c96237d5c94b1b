import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import type { SourceView } from "./schema.ts";
import { sourcePage } from "./sources.store.ts";
import { sourceView } from "./view.ts";

/** The tenant's feedback sources, newest first. */
export async function listSources(
  { deps, scope, tenantId }: TenantContext,
  page: Page,
): Promise<Result<Listed<SourceView>>> {
  const rows = await deps.db.api.read(scope, (db) => sourcePage(db, tenantId, page));
  return ok(listed(rows, page, (row) => sourceView(row, deps.now())));
}

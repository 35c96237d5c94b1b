import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { routerBySlug } from "./routers.store.ts";
import type { VersionSummary } from "./schema.ts";
import { versionPage } from "./versions.store.ts";
import { versionSummary } from "./view.ts";

/** A router's published versions, newest first, without their documents. */
export async function listVersions(
  context: TenantContext,
  slug: string,
  page: Page,
): Promise<Result<Listed<VersionSummary>>> {
  const { deps, scope, tenantId } = context;
  const versions = await deps.db.api.read(scope, (db) => versionPage(db, tenantId, slug, page));
  if (versions.length === 0) {
    const [router] = await deps.db.api.read(scope, (db) => routerBySlug(db, tenantId, slug));
    if (router === undefined) return refuse("not_found");
  }
  const rows = versions.map((row) => ({ ...row, id: String(row.version) }));
  return ok(listed(rows, page, (row) => versionSummary(slug, row)));
}

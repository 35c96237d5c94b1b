import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import type { VersionView } from "./schema.ts";
import { versionByNumber } from "./versions.store.ts";
import { versionSummary } from "./view.ts";

/** One published version with its document. */
export async function getVersion(context: TenantContext, slug: string, version: number): Promise<Result<VersionView>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => versionByNumber(db, tenantId, slug, version));
  return row === undefined ? refuse("not_found") : ok({ ...versionSummary(slug, row), document: row.document });
}

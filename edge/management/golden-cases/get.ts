import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { caseById } from "./golden-cases.store.ts";
import { versionedCase, type VersionedCase } from "./view.ts";

export async function getCase(context: TenantContext, slug: string, id: string): Promise<Result<VersionedCase>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => caseById(db, tenantId, slug, id));
  return row === undefined ? refuse("not_found") : ok(await versionedCase(row));
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { rolloutById, rolloutRow } from "./rollouts.store.ts";
import { versionedRollout, type VersionedRollout } from "./view.ts";

export async function getRollout(context: TenantContext, id: string): Promise<Result<VersionedRollout>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => rolloutById(db, tenantId, id));
  return row === undefined ? refuse("not_found") : ok(await versionedRollout(rolloutRow(row)));
}

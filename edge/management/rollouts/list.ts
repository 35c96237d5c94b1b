import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { rolloutPage, rolloutRow } from "./rollouts.store.ts";
import type { RolloutView } from "./schema.ts";
import { rolloutView } from "./view.ts";

/** The tenant's rollouts, newest first, ended ones among them. */
export async function listRollouts(context: TenantContext, page: Page): Promise<Result<Listed<RolloutView>>> {
  const { deps, scope, tenantId } = context;
  const rows = await deps.db.api.read(scope, (db) => rolloutPage(db, tenantId, page));
  return ok(listed(rows.map(rolloutRow), page, rolloutView));
}

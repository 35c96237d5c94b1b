import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { decisionPage } from "./decisions.store.ts";
import { storedFilter } from "./stored-filter.ts";
import type { DecisionFilter, DecisionView } from "./schema.ts";
import { decisionView } from "./view.ts";

/** The tenant's receipts, newest first; a cursor stays where it is while new ones come in. */
export async function listDecisions(
  context: TenantContext,
  filter: DecisionFilter,
  page: Page,
): Promise<Result<Listed<DecisionView>>> {
  const { deps, scope, tenantId } = context;
  const stored = await storedFilter(context, filter);
  return ok(
    listed(await deps.db.api.read(scope, (db) => decisionPage(db, tenantId, stored, page)), page, decisionView),
  );
}

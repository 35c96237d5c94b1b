import { ok, type Result } from "../../errors.ts";
import { missingDecision } from "../../usage/missing-decision.ts";
import type { TenantContext } from "../context.ts";
import { decisionById } from "./decisions.store.ts";
import type { DecisionView } from "./schema.ts";
import { decisionView } from "./view.ts";

/** One receipt; for a minute one that is not there may be pending. */
export async function getDecision(context: TenantContext, id: string): Promise<Result<DecisionView>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => decisionById(db, tenantId, id));
  return row === undefined ? { ok: false, refusal: missingDecision(id, deps.now()) } : ok(decisionView(row));
}

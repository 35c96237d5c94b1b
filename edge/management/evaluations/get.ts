import { ok, refuse, type Result } from "../../errors.ts";
import { enginesOf, measure } from "../../evaluation/measure.ts";
import type { TenantContext } from "../context.ts";
import { decidedCases, evaluationById } from "./evaluations.store.ts";
import type { EvaluationResult } from "./schema.ts";
import { evaluationView } from "./view.ts";

/** An evaluation with its result, by the settings of the document that it ran against. */
export async function getEvaluation(
  context: TenantContext,
  slug: string,
  id: string,
): Promise<Result<EvaluationResult>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => evaluationById(db, tenantId, slug, id));
  if (row === undefined) return refuse("not_found");
  const view = evaluationView(row);
  if (row.status !== "finished") return ok({ ...view, engines: [], result: null });
  const cases = await deps.db.api.read(scope, (db) => decidedCases(db, tenantId, id));
  const decided = cases.map((each) => ({ ...each, readings: each.readings ?? [] }));
  return ok({ ...view, engines: enginesOf(decided), result: measure(decided, row.document.settings) });
}

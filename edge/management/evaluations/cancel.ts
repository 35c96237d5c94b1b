import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { cancelRow, lockEvaluation } from "./evaluations.store.ts";
import type { EvaluationView } from "./schema.ts";
import { evaluationView } from "./view.ts";

/** Stops a run; saying so twice changes nothing. */
export async function cancelEvaluation(
  context: TenantContext,
  slug: string,
  id: string,
): Promise<Result<EvaluationView>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockEvaluation(tx, tenantId, slug, id);
    if (row === null) return refuse("not_found");
    if (row.status === "cancelled") return ok({ value: evaluationView(row), audit: null });
    if (row.status === "finished") return refuse("conflict", { message: "The evaluation is finished." });
    const changes = difference({ status: row.status }, { status: "cancelled" });
    return ok({
      value: evaluationView(await cancelRow(tx, row)),
      audit: { tenantId, action: "evaluation.cancel", targetKind: "evaluation", targetId: id, changes },
    });
  });
}

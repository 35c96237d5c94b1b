import { ok, refuse, type Result } from "../../errors.ts";
import type { OperatorContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import type { TenantView, UpdateTenant } from "./schema.ts";
import { lockTenant, setPaidEngines } from "./tenants.store.ts";
import { tenantView } from "./view.ts";

/** Changes which paid engines a tenant may use, in force everywhere within the snapshot's bound. */
export async function updateTenant(
  context: OperatorContext,
  id: string,
  { paid_engines }: UpdateTenant,
): Promise<Result<TenantView>> {
  const paidEngines = [...new Set(paid_engines)].sort();
  return write(context, async (tx) => {
    const row = await lockTenant(tx, id);
    if (row === null) return refuse("not_found");
    if (row.status === "deleting") return refuse("conflict", { message: "The tenant is being deleted." });
    const changes = difference({ paid_engines: row.paidEngines }, { paid_engines: paidEngines });
    const view = tenantView({ ...row, paidEngines });
    if (JSON.stringify(row.paidEngines) === JSON.stringify(paidEngines)) return ok({ value: view, audit: null });
    await setPaidEngines(tx, id, paidEngines);
    return ok({
      value: view,
      audit: { tenantId: id, action: "tenant.update", targetKind: "tenant", targetId: id, changes },
    });
  });
}

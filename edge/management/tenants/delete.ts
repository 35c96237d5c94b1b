import { ok, refuse, type Result } from "../../errors.ts";
import type { OperatorContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import type { TenantView } from "./schema.ts";
import { lockTenant, setTenantStatus } from "./tenants.store.ts";
import { tenantView } from "./view.ts";

/**
 * Has a tenant and all that is its own removed by the jobs, in batches. Its keys are refused within the snapshot's
 * bound, and there is no way back; asking again changes nothing.
 */
export async function deleteTenant(context: OperatorContext, id: string): Promise<Result<TenantView>> {
  return write(context, async (tx) => {
    const row = await lockTenant(tx, id);
    if (row === null) return refuse("not_found");
    if (row.status === "deleting") return ok({ value: tenantView(row), audit: null });
    await setTenantStatus(tx, id, "deleting");
    const changes = difference({ status: row.status }, { status: "deleting" });
    return ok({
      value: tenantView({ ...row, status: "deleting" }),
      audit: { tenantId: id, action: "tenant.delete", targetKind: "tenant", targetId: id, changes },
    });
  });
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { OperatorContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import type { TenantView } from "./schema.ts";
import { lockTenant, setTenantStatus } from "./tenants.store.ts";
import { tenantView } from "./view.ts";

/** Suspends or resumes a tenant, in force everywhere within the snapshot's bound. One being deleted stays so. */
export async function setStatus(
  context: OperatorContext,
  id: string,
  status: "active" | "suspended",
): Promise<Result<TenantView>> {
  return write(context, async (tx) => {
    const row = await lockTenant(tx, id);
    if (row === null) return refuse("not_found");
    if (row.status === "deleting") return refuse("conflict", { message: "The tenant is being deleted." });
    if (row.status === status) return ok({ value: tenantView(row), audit: null });
    await setTenantStatus(tx, id, status);
    const action = status === "active" ? "tenant.resume" : "tenant.suspend";
    const changes = difference({ status: row.status }, { status });
    return ok({
      value: tenantView({ ...row, status }),
      audit: { tenantId: id, action, targetKind: "tenant", targetId: id, changes },
    });
  });
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { deleteCaseRow, lockCase } from "./golden-cases.store.ts";
import { auditedCase } from "./view.ts";

export async function deleteCase(context: TenantContext, slug: string, id: string): Promise<Result<object>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockCase(tx, tenantId, slug, id);
    if (row === null) return refuse("not_found");
    await deleteCaseRow(tx, row);
    const changes = difference(await auditedCase(row), {});
    return ok({
      value: {},
      audit: { tenantId, action: "golden_case.delete", targetKind: "golden_case", targetId: id, changes },
    });
  });
}

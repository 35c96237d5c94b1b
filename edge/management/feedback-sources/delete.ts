import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { deleteSourceRow, lockSource } from "./sources.store.ts";

/** Removes a source with its secrets; what it has said stays. */
export async function deleteSource(context: TenantContext, id: string): Promise<Result<object>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockSource(tx, tenantId, id);
    if (row === null) return refuse("not_found");
    await deleteSourceRow(tx, row);
    const changes = difference({ name: row.name }, {});
    return ok({
      value: {},
      audit: { tenantId, action: "feedback_source.delete", targetKind: "feedback_source", targetId: id, changes },
    });
  });
}

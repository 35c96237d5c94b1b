import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { countModels, deleteProviderRow, lockProvider } from "./providers.store.ts";
import { auditedProvider } from "./view.ts";

/** Removes a provider that no model uses. */
export async function deleteProvider(context: TenantContext, slug: string): Promise<Result<object>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockProvider(tx, tenantId, slug);
    if (row === null) return refuse("not_found");
    const used = await countModels(tx, row);
    if (used > 0) return refuse("conflict", { message: `${used} of the tenant's models use this provider.` });
    await deleteProviderRow(tx, row);
    const changes = difference(auditedProvider(row), {});
    return ok({
      value: {},
      audit: { tenantId, action: "provider.delete", targetKind: "provider", targetId: row.id, changes },
    });
  });
}

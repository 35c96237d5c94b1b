import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { lockKey, setRevoked } from "./keys.store.ts";
import type { KeyView } from "./schema.ts";
import { keyView } from "./view.ts";

/** Revokes a key; it stops working everywhere within the snapshot's bound. A revoked key stays as it is. */
export async function revokeKey(context: TenantContext, id: string): Promise<Result<KeyView>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockKey(tx, tenantId, id);
    if (row === null) return refuse("not_found");
    if (row.revokedAt !== null) return ok({ value: keyView(row, deps.now()), audit: null });
    const revokedAt = new Date(deps.now()).toISOString();
    await setRevoked(tx, tenantId, id, revokedAt);
    const changes = difference({ revoked_at: null }, { revoked_at: revokedAt });
    return ok({
      value: keyView({ ...row, revokedAt }, deps.now()),
      audit: { tenantId, action: "key.revoke", targetKind: "key", targetId: id, changes },
    });
  });
}

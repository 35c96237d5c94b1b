import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { iso } from "../text.ts";
import { write } from "../write.ts";
import { grantable } from "./grantable.ts";
import { insertKey, lockKey, updateKeyRow } from "./keys.store.ts";
import { mintKey } from "./mint.ts";
import type { RotatedKey, RotateKey } from "./schema.ts";
import { auditedKey, keyView } from "./view.ts";

/**
 * Makes a key that may do what an active one may, and has the old one expire when the overlap ends: clients move over
 * in their own time. The old key stays a key of its own, so that it can also be revoked at once.
 */
export async function rotateKey(context: TenantContext, id: string, input: RotateKey): Promise<Result<RotatedKey>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockKey(tx, tenantId, id);
    if (row === null) return refuse("not_found");
    const old = keyView(row, deps.now());
    const allowed = grantable(context.key, old);
    if (!allowed.ok) return allowed;
    if (old.status !== "active") return refuse("conflict", { message: `The key is ${old.status}.` });
    const { row: made, token } = await mintKey(deps, tenantId, old);
    await insertKey(tx, made);
    const overlapEnds = deps.now() + input.overlap_seconds * 1000;
    const expiresAt = Math.min(overlapEnds, row.expiresAt === null ? Infinity : Date.parse(iso(row.expiresAt)));
    const outgoing = await updateKeyRow(tx, row, { expiresAt: new Date(expiresAt).toISOString() });
    const replaces = keyView(outgoing, deps.now());
    const view = { ...keyView(made, deps.now()), replaces };
    const changes = {
      ...difference({}, { ...auditedKey(view), replaces: id }),
      "/replaces_expires_at": { from: old.expires_at, to: replaces.expires_at },
    };
    return ok({
      value: { ...view, token },
      replay: { ...view, token_already_shown: true },
      audit: { tenantId, action: "key.rotate", targetKind: "key", targetId: made.id, changes },
    });
  });
}

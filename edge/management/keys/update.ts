import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { ifMatch } from "../if-match.ts";
import { write } from "../write.ts";
import { keyEtag } from "./etag.ts";
import type { VersionedKey } from "./get.ts";
import { grantable } from "./grantable.ts";
import { lockKey, updateKeyRow } from "./keys.store.ts";
import type { UpdateKey } from "./schema.ts";
import { auditedKey, keyView } from "./view.ts";

/**
 * Changes the fields that are given of a key that the caller has seen as it is; in force everywhere within the
 * snapshot's bound. Nobody changes a key that is stronger than theirs, nor makes one so. A revoked key stays as it is.
 */
export async function updateKey(
  context: TenantContext,
  id: string,
  input: UpdateKey,
  match: string | undefined,
): Promise<Result<VersionedKey>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockKey(tx, tenantId, id);
    if (row === null) return refuse("not_found");
    if (match === undefined) return refuse("precondition_required");
    if (!ifMatch(match, await keyEtag(row))) return refuse("precondition_failed");
    if (row.revokedAt !== null) return refuse("conflict", { message: "A revoked key stays as it is." });
    const before = keyView(row, deps.now());
    const next = {
      name: input.name ?? before.name,
      scopes: input.scopes ?? before.scopes,
      expires_at: input.expires_at === undefined ? before.expires_at : input.expires_at,
      allowed_models: input.allowed_models === undefined ? before.allowed_models : input.allowed_models,
      allowed_routers: input.allowed_routers === undefined ? before.allowed_routers : input.allowed_routers,
    };
    for (const powers of [before, next]) {
      const allowed = grantable(context.key, powers);
      if (!allowed.ok) return allowed;
    }
    const updated = await updateKeyRow(tx, row, {
      name: next.name,
      scopes: next.scopes,
      expiresAt: next.expires_at,
      allowedModels: next.allowed_models,
      allowedRouters: next.allowed_routers,
    });
    const view = keyView(updated, deps.now());
    const changes = difference(auditedKey(before), auditedKey(view));
    const nothing = Object.keys(changes).length === 0;
    return ok({
      value: { view, etag: await keyEtag(updated) },
      audit: nothing ? null : { tenantId, action: "key.update", targetKind: "key", targetId: id, changes },
    });
  });
}

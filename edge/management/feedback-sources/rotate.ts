import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { iso } from "../text.ts";
import { write } from "../write.ts";
import { alreadyShown, newSecret } from "./new-secret.ts";
import type { CreatedSource, RotateSource } from "./schema.ts";
import { deleteSecrets, endSecret, insertSecret, lockSource, secretsOf } from "./sources.store.ts";
import { sourceView } from "./view.ts";

/**
 * Gives a source a new secret and has the old one expire when the overlap ends, in force at once. There are never more
 * than two: one that a rotation before has left goes.
 */
export async function rotateSource(
  context: TenantContext,
  id: string,
  { overlap_seconds, secret: given }: RotateSource,
): Promise<Result<CreatedSource>> {
  const { deps, tenantId } = context;
  const secret = await newSecret(deps, tenantId, id, given);
  return write(context, async (tx) => {
    const source = await lockSource(tx, tenantId, id);
    if (source === null) return refuse("not_found");
    const [current, ...others] = await secretsOf(tx, source);
    const left = others.map((row) => row.id);
    await deleteSecrets(tx, tenantId, left);
    const endsAt = new Date(deps.now() + overlap_seconds * 1000).toISOString();
    if (current !== undefined) await endSecret(tx, current, endsAt);
    await insertSecret(tx, secret.row);
    const outgoing = current === undefined ? [] : [{ ...current, expiresAt: endsAt }];
    const view = sourceView({ ...source, secrets: [secret.row, ...outgoing] }, deps.now());
    return ok({
      value: { ...view, ...secret.shown },
      replay: { ...view, ...alreadyShown(secret) },
      audit: {
        tenantId,
        action: "feedback_source.rotate",
        targetKind: "feedback_source",
        targetId: id,
        changes: {
          "/secret": { from: current?.id ?? null, to: secret.row.id },
          "/old_expires_at": { from: current?.expiresAt ? iso(current.expiresAt) : null, to: endsAt },
        },
      },
    });
  });
}

import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { alreadyShown, newSecret } from "./new-secret.ts";
import type { CreatedSource, CreateSource } from "./schema.ts";
import { insertSecret, insertSource } from "./sources.store.ts";
import { sourceView } from "./view.ts";

/** Adds a source of feedback. The answer holds the secret unless it was given; it is stored under seal. */
export async function createSource(
  context: TenantContext,
  { name, secret: given }: CreateSource,
): Promise<Result<CreatedSource>> {
  const { deps, tenantId } = context;
  const id = deps.newId("feedback_source");
  const secret = await newSecret(deps, tenantId, id, given);
  return write(context, async (tx) => {
    const row = { tenantId, id, name, createdAt: new Date(deps.now()).toISOString() };
    await insertSource(tx, row);
    await insertSecret(tx, secret.row);
    const view = sourceView({ ...row, secrets: [secret.row] }, deps.now());
    return ok({
      value: { ...view, ...secret.shown },
      replay: { ...view, ...alreadyShown(secret) },
      audit: {
        tenantId,
        action: "feedback_source.create",
        targetKind: "feedback_source",
        targetId: id,
        changes: difference({}, { name, secret: secret.row.id }),
      },
    });
  });
}

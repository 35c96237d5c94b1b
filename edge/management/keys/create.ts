import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { grantable } from "./grantable.ts";
import { insertKey } from "./keys.store.ts";
import { mintKey } from "./mint.ts";
import type { CreatedKey, CreateKey } from "./schema.ts";
import { auditedKey, keyView } from "./view.ts";

/** Makes a key. The answer holds the token; nothing stored does, so that a replay cannot show it again. */
export async function createKey(context: TenantContext, input: CreateKey): Promise<Result<CreatedKey>> {
  const { deps, tenantId } = context;
  const allowed = grantable(context.key, input);
  if (!allowed.ok) return allowed;
  const { row, token } = await mintKey(deps, tenantId, input);
  return write(context, async (tx) => {
    await insertKey(tx, row);
    const view = keyView(row, deps.now());
    const changes = difference({}, auditedKey(view));
    return ok({
      value: { ...view, token },
      replay: { ...view, token_already_shown: true },
      audit: { tenantId, action: "key.create", targetKind: "key", targetId: row.id, changes },
    });
  });
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { ifMatch } from "../if-match.ts";
import { write } from "../write.ts";
import { isOpen } from "./is-open.ts";
import { lockRollout, updateRolloutRow } from "./rollouts.store.ts";
import type { UpdateRollout } from "./schema.ts";
import { rolloutEtag, versionedRollout, type VersionedRollout } from "./view.ts";

/** Widens or narrows a rollout, or its shadow, that the caller has seen as it is. Widening moves conversations to the candidate only. */
export async function updateRollout(
  context: TenantContext,
  id: string,
  input: UpdateRollout,
  match: string | undefined,
): Promise<Result<VersionedRollout>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockRollout(tx, tenantId, id);
    if (row === null) return refuse("not_found");
    if (match === undefined) return refuse("precondition_required");
    if (!ifMatch(match, await rolloutEtag(row))) return refuse("precondition_failed");
    if (!isOpen(row)) return refuse("conflict", { message: `The rollout is ${row.status} and stays so.` });
    const before = { percent: row.percent, shadow: row.shadow };
    const after = {
      percent: input.percent ?? row.percent,
      shadow: input.shadow === undefined ? row.shadow : input.shadow,
    };
    const changes = difference(before, after);
    if (Object.keys(changes).length === 0) return ok({ value: await versionedRollout(row), audit: null });
    const updated = await updateRolloutRow(tx, row, after);
    return ok({
      value: await versionedRollout(updated),
      audit: { tenantId, action: "rollout.update", targetKind: "rollout", targetId: id, changes },
    });
  });
}

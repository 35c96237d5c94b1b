import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { ifMatch } from "../if-match.ts";
import { write } from "../write.ts";
import { isOpen } from "./is-open.ts";
import { lockRollout, updateRolloutRow, type RolloutRow } from "./rollouts.store.ts";
import { firstStep, NO_SCHEDULE } from "./schedule.ts";
import type { UpdateRollout } from "./schema.ts";
import { rolloutEtag, versionedRollout, type VersionedRollout } from "./view.ts";

/**
 * Changes a rollout that the caller has seen as it is: widens or narrows it, by hand, which ends its schedule, or by a new
 * schedule; or changes its shadow. Widening moves conversations to the candidate only.
 */
export async function updateRollout(
  context: TenantContext,
  id: string,
  { percent, schedule, shadow }: UpdateRollout,
  match: string | undefined,
): Promise<Result<VersionedRollout>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockRollout(tx, tenantId, id);
    if (row === null) return refuse("not_found");
    if (match === undefined) return refuse("precondition_required");
    if (!ifMatch(match, await rolloutEtag(row))) return refuse("precondition_failed");
    if (!isOpen(row)) return refuse("conflict", { message: `The rollout is ${row.status} and stays so.` });
    const now = deps.now();
    const share =
      schedule !== undefined
        ? firstStep(schedule, now, row.status === "paused")
        : percent !== undefined
          ? { ...NO_SCHEDULE, percent }
          : {};
    const after = { ...share, ...(shadow !== undefined && { shadow }) };
    const changes = difference(told(row), told({ ...row, ...after }));
    const same = schedule === undefined && Object.keys(changes).length === 0;
    if (same) return ok({ value: await versionedRollout(row), audit: null });
    const updated = await updateRolloutRow(tx, row, after, new Date(now).toISOString());
    return ok({
      value: await versionedRollout(updated),
      audit: { tenantId, action: "rollout.update", targetKind: "rollout", targetId: id, changes },
    });
  });
}

/** What the audit log is told of. */
const told = ({ percent, schedule, shadow }: RolloutRow) => ({ percent, schedule, shadow });

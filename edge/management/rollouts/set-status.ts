import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { isOpen } from "./is-open.ts";
import { lockRollout, updateRolloutRow } from "./rollouts.store.ts";
import { continued, stopped } from "./schedule.ts";
import type { RolloutView } from "./schema.ts";
import { rolloutView } from "./view.ts";

const ACTIONS = { paused: "rollout.pause", running: "rollout.resume", aborted: "rollout.abort" } as const;

/**
 * Pauses, resumes or aborts a rollout. While it is paused and once it is aborted the policy's own target serves all of
 * its conversations; resumed, each returns to the arm it had and its step goes on for the rest of its time. Saying so
 * twice changes nothing.
 */
export async function setRolloutStatus(
  context: TenantContext,
  id: string,
  status: keyof typeof ACTIONS,
  reason: string | null = null,
): Promise<Result<RolloutView>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockRollout(tx, tenantId, id);
    if (row === null) return refuse("not_found");
    if (row.status === status) return ok({ value: rolloutView(row), audit: null });
    if (!isOpen(row)) return refuse("conflict", { message: `The rollout is ${row.status} and stays so.` });
    const now = deps.now();
    const step = status === "running" ? continued(row, now) : stopped(row, now);
    const updated = await updateRolloutRow(tx, row, { status, reason, ...step }, new Date(now).toISOString());
    const changes = difference({ status: row.status, reason: row.reason }, { status, reason });
    return ok({
      value: rolloutView(updated),
      audit: { tenantId, action: ACTIONS[status], targetKind: "rollout", targetId: id, changes },
    });
  });
}

import type { Log } from "../log.ts";
import { judgedUntil } from "../rollouts/judged-until.ts";
import { breachOf } from "./breach-of.ts";
import { advanceRollout, dueRollouts, type DueRollout, type JobsDatabase } from "./jobs.store.ts";

interface AdvanceDeps {
  readonly jobs: JobsDatabase;
  readonly now: () => number;
  readonly newId: (kind: "audit") => string;
  readonly log: Log;
}

/**
 * Begins the next step of the rollouts whose step is over. A guarded one is widened only once all of its step has been
 * judged and no guardrail is breached; the judging aborts those where one is. One that fails holds up no other.
 */
export async function advanceRollouts(deps: AdvanceDeps, inTime: () => boolean): Promise<void> {
  for (const rollout of await dueRollouts(deps.jobs, new Date(deps.now()).toISOString())) {
    if (!inTime()) return;
    try {
      await advance(deps, rollout);
    } catch (error) {
      const reason = error instanceof Error ? error.message : typeof error;
      deps.log("error", "rollout_not_advanced", { tenant_id: rollout.tenant_id, rollout_id: rollout.id, reason });
    }
  }
}

async function advance({ jobs, now, newId, log }: AdvanceDeps, rollout: DueRollout): Promise<void> {
  const at = now();
  if (Object.keys(rollout.guardrails).length > 0) {
    if (judgedUntil(at) < rollout.ends_ms || (await breachOf(jobs, rollout, at)) !== null) return;
  }
  const percent = await advanceRollout(jobs, rollout, new Date(at).toISOString(), newId("audit"));
  if (percent === null) return;
  log("info", "rollout_advanced", { tenant_id: rollout.tenant_id, rollout_id: rollout.id, percent });
}

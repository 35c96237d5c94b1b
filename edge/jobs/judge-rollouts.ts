import type { Log } from "../log.ts";
import { breachOf } from "./breach-of.ts";
import { abortRollout, guardedRollouts, type GuardedRollout, type JobsDatabase } from "./jobs.store.ts";

interface JudgeDeps {
  readonly jobs: JobsDatabase;
  readonly now: () => number;
  readonly newId: (kind: "audit") => string;
  readonly log: Log;
}

/**
 * Aborts the rollouts whose guardrails are breached, with the reason; in force within the snapshot's bound. One that
 * cannot be judged holds up no other.
 */
export async function judgeRollouts(deps: JudgeDeps, inTime: () => boolean): Promise<void> {
  for (const rollout of await guardedRollouts(deps.jobs)) {
    if (!inTime()) return;
    try {
      await judge(deps, rollout);
    } catch (error) {
      const reason = error instanceof Error ? error.message : typeof error;
      deps.log("error", "rollout_not_judged", { tenant_id: rollout.tenant_id, rollout_id: rollout.id, reason });
    }
  }
}

async function judge({ jobs, now, newId, log }: JudgeDeps, rollout: GuardedRollout): Promise<void> {
  const at = now();
  const breach = await breachOf(jobs, rollout, at);
  if (breach === null) return;
  const side = breach.guardrail === "feedback_score" ? "under" : "over";
  const reason = `${breach.guardrail}: ${side} its limit; chance of such numbers if it were not: ${breach.chance.toExponential(1)}`;
  const aborted = await abortRollout(jobs, rollout, reason, new Date(at).toISOString(), newId("audit"));
  if (aborted) log("warn", "rollout_aborted", { tenant_id: rollout.tenant_id, rollout_id: rollout.id, reason });
}

import type { Log } from "../log.ts";
import { breachOf } from "./breach-of.ts";
import { abortRollout, guardedRollouts, type JobsDatabase } from "./jobs.store.ts";

interface JudgeDeps {
  readonly jobs: JobsDatabase;
  readonly now: () => number;
  readonly newId: (kind: "audit") => string;
  readonly log: Log;
}

/** Aborts the rollouts whose guardrails are breached, with the reason; in force within the snapshot's bound. */
export async function judgeRollouts({ jobs, now, newId, log }: JudgeDeps, inTime: () => boolean): Promise<void> {
  for (const rollout of await guardedRollouts(jobs)) {
    if (!inTime()) return;
    const at = now();
    const breach = await breachOf(jobs, rollout, at);
    if (breach === null) continue;
    const side = breach.guardrail === "feedback_score" ? "under" : "over";
    const reason = `${breach.guardrail}: ${side} its limit; chance of such numbers if it were not: ${breach.chance.toExponential(1)}`;
    const aborted = await abortRollout(jobs, rollout, reason, new Date(at).toISOString(), newId("audit"));
    if (aborted) log("warn", "rollout_aborted", { tenant_id: rollout.tenant_id, rollout_id: rollout.id, reason });
  }
}

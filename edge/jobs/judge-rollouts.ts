import type { Log } from "../log.ts";
import { judgeRollout } from "../rollouts/judge-rollout.ts";
import { abortRollout, guardedRollouts, rolloutBatches, rolloutFeedback, type JobsDatabase } from "./jobs.store.ts";

interface JudgeDeps {
  readonly jobs: JobsDatabase;
  readonly now: () => number;
  readonly newId: (kind: "audit") => string;
  readonly log: Log;
}

/** Milliseconds after which a receipt has been written: a batch is looked at once, when it is complete. */
const SETTLED_MS = 120_000;

/** Aborts the rollouts whose guardrails are breached, with the reason; in force within the snapshot's bound. */
export async function judgeRollouts({ jobs, now, newId, log }: JudgeDeps, inTime: () => boolean): Promise<void> {
  const before = new Date(now() - SETTLED_MS).toISOString();
  for (const rollout of await guardedRollouts(jobs)) {
    if (!inTime()) return;
    const { guardrails } = rollout;
    const feedback = guardrails.feedback_score === undefined ? [] : await rolloutFeedback(jobs, rollout, before);
    const breach = judgeRollout(guardrails, await rolloutBatches(jobs, rollout, before), feedback);
    if (breach === null) continue;
    const side = breach.guardrail === "feedback_score" ? "under" : "over";
    const reason = `${breach.guardrail}: ${side} its limit; chance of such numbers if it were not: ${breach.chance.toExponential(1)}`;
    const aborted = await abortRollout(jobs, rollout, reason, newId("audit"));
    if (aborted) log("warn", "rollout_aborted", { tenant_id: rollout.tenant_id, rollout_id: rollout.id, reason });
  }
}

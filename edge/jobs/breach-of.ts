import { judgedUntil } from "../rollouts/judged-until.ts";
import { judgeRollout } from "../rollouts/judge-rollout.ts";
import type { Breach } from "../rollouts/guardrails.ts";
import { rolloutBatches, rolloutFeedback, type GuardedRollout, type JobsDatabase } from "./jobs.store.ts";

/** The breach of a rollout's guardrails in what can be judged at `now`; null while they hold. */
export async function breachOf(jobs: JobsDatabase, rollout: GuardedRollout, now: number): Promise<Breach | null> {
  const before = new Date(judgedUntil(now)).toISOString();
  const { guardrails } = rollout;
  const feedback = guardrails.feedback_score === undefined ? [] : await rolloutFeedback(jobs, rollout, before);
  return judgeRollout(guardrails, { rows: await rolloutBatches(jobs, rollout, before), feedback });
}

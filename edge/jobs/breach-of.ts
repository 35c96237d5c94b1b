import { judgeRollout } from "../rollouts/judge-rollout.ts";
import type { Breach } from "../rollouts/guardrails.ts";
import { rolloutBatches, rolloutFeedback, type GuardedRollout, type JobsDatabase } from "./jobs.store.ts";

const BATCH_MS = 900_000;
/** Milliseconds after which a receipt has been written: a batch is looked at once, when it is complete. */
const SETTLED_MS = 120_000;

/** Milliseconds since the epoch before which everything can be judged at `now`: the end of a batch. */
export const judgedUntil = (now: number): number => Math.floor((now - SETTLED_MS) / BATCH_MS) * BATCH_MS;

/** The breach of a rollout's guardrails in what can be judged at `now`; null while they hold. */
export async function breachOf(jobs: JobsDatabase, rollout: GuardedRollout, now: number): Promise<Breach | null> {
  const before = new Date(judgedUntil(now)).toISOString();
  const { guardrails } = rollout;
  const feedback = guardrails.feedback_score === undefined ? [] : await rolloutFeedback(jobs, rollout, before);
  return judgeRollout(guardrails, await rolloutBatches(jobs, rollout, before), feedback);
}

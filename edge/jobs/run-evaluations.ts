import { counted, type CountingDeps } from "../evaluation/counted.ts";
import { readCase } from "../evaluation/read-case.ts";
import { claimEvaluationCases, storeEvaluationCase, type ClaimedCase, type JobsDatabase } from "./jobs.store.ts";

interface EvaluationDeps extends CountingDeps {
  readonly jobs: JobsDatabase;
}

/** Conversations that are worked on at a time; what a crash leaves undone is done again after two minutes. */
const CLAIMED = 10;
/** A tick waits for its own work. */
const waitUntil = (): void => undefined;
/** Tries after which a conversation that routing fails on counts as failed. */
const MAX_ATTEMPTS = 3;

/**
 * Decides conversations of running evaluations, oldest first; each is stored on its own, so it can stop anywhere. What
 * router models take is counted by reading, whatever becomes of the result: what is read again is paid again.
 */
export async function runEvaluations(deps: EvaluationDeps, inTime: () => boolean): Promise<void> {
  const { jobs, log } = deps;
  while (inTime()) {
    const claimed = await claimEvaluationCases(jobs, CLAIMED);
    if (claimed.length === 0) return;
    for (const found of claimed) {
      if (!inTime()) return;
      const readings = await counted(deps, ownerOf(found), waitUntil, (decider) =>
        readCase(decider, trialOf(found), found.messages),
      );
      const failed = readings.some((reading) => "failed" in reading);
      if (!failed || found.attempts >= MAX_ATTEMPTS) await storeEvaluationCase(jobs, found, readings);
      else log("warn", "evaluation_case_failed", { tenant_id: found.tenant_id, evaluation_id: found.evaluation_id });
    }
  }
}

const ownerOf = ({ tenant_id, key_id, router, evaluation_id }: ClaimedCase) => ({
  tenantId: tenant_id,
  keyId: key_id,
  router,
  requestId: evaluation_id,
});

const trialOf = ({ tenant_id, evaluation_id, document, policy_digest, paid_engines }: ClaimedCase) => ({
  tenantId: tenant_id,
  paidEngines: paid_engines,
  document,
  policyDigest: policy_digest,
  requestId: evaluation_id,
  waitUntil,
});

import type { Decider } from "../decider/decider.ts";
import type { Env } from "../env.ts";
import type { Log } from "../log.ts";
import type { Reading } from "../routing/decision.ts";
import type { UsageSink } from "../usage/decision-record.ts";
import { trialRecord, type TrialOwner } from "../usage/trial-record.ts";

export interface CountingDeps {
  readonly env: Pick<Env, "ENGINE_PRICES">;
  readonly decider: Pick<Decider, "decide">;
  readonly usage: UsageSink;
  readonly now: () => number;
  readonly newId: (kind: "decision") => string;
  readonly log: Log;
}

/** Decisions that one receipt counts: a worker that is stopped in the middle leaves fewer than these uncounted. */
const PORTION = 20;

/**
 * What work comes to that decides though no request asked for it. What it takes of router models is counted for its
 * owner as it goes, whatever becomes of the work.
 */
export async function counted<T>(
  deps: CountingDeps,
  owner: TrialOwner,
  work: (decider: Pick<Decider, "decide">) => Promise<T>,
): Promise<T> {
  const readings: Reading[] = [];
  const decider: Pick<Decider, "decide"> = {
    async decide(question) {
      const reading = await deps.decider.decide(question);
      readings.push(reading);
      if (readings.length >= PORTION) await count(deps, owner, readings.splice(0));
      return reading;
    },
  };
  try {
    return await work(decider);
  } finally {
    await count(deps, owner, readings);
  }
}

/** Never rejects: what was found out does not depend on it, so the log must tell. */
async function count(deps: CountingDeps, owner: TrialOwner, readings: readonly Reading[]): Promise<void> {
  const { env, now, newId, usage, log } = deps;
  const made = { id: newId("decision"), atMs: now(), enginePrices: env.ENGINE_PRICES };
  const record = trialRecord(owner, readings, made);
  if (record === null) return;
  try {
    await usage.append(record);
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    log("error", "decision_not_recorded", { request_id: owner.requestId, decision_id: record.id, name });
  }
}

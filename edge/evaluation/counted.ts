import type { Decider } from "../decider/decider.ts";
import type { Env } from "../env.ts";
import type { Log } from "../log.ts";
import type { Reading } from "../routing/decision.ts";
import type { Sleep } from "../sleep.ts";
import { appendRecord } from "../usage/append-record.ts";
import type { UsageSink } from "../usage/decision-record.ts";
import { trialRecord, type TrialOwner } from "../usage/trial-record.ts";
import type { WaitUntil } from "../wait-until.ts";
import { orLate } from "../within.ts";

export interface CountingDeps {
  readonly env: Pick<Env, "ENGINE_PRICES">;
  readonly decider: Pick<Decider, "decide">;
  readonly usage: UsageSink;
  readonly now: () => number;
  readonly newId: (kind: "decision") => string;
  readonly sleep: Sleep;
  readonly log: Log;
}

/** Decisions that one receipt counts: a worker that is stopped in the middle leaves fewer than these uncounted. */
const PORTION = 20;
/** Milliseconds for which the work waits for a receipt: a queue or a disk that hangs must not hang it. */
const HOLD_LIMIT_MS = 1_000;

/**
 * What work comes to that decides though no request asked for it. What it takes of router models is counted for its
 * owner as it goes, whatever becomes of the work. A receipt that takes long is left to `waitUntil`.
 */
export async function counted<T>(
  deps: CountingDeps,
  owner: TrialOwner,
  waitUntil: WaitUntil,
  work: (decider: Pick<Decider, "decide">) => Promise<T>,
): Promise<T> {
  const readings: Reading[] = [];
  const hold = async (): Promise<void> => {
    const counting = count(deps, owner, readings.splice(0));
    waitUntil(counting);
    await orLate(deps.sleep, HOLD_LIMIT_MS, counting);
  };
  const decider: Pick<Decider, "decide"> = {
    async decide(question) {
      const reading = await deps.decider.decide(question);
      readings.push(reading);
      if (readings.length >= PORTION) await hold();
      return reading;
    },
  };
  try {
    return await work(decider);
  } finally {
    await hold();
  }
}

function count(deps: CountingDeps, owner: TrialOwner, readings: readonly Reading[]): Promise<void> {
  const { env, now, newId } = deps;
  return appendRecord(deps, owner.requestId, () =>
    trialRecord(owner, readings, { id: newId("decision"), atMs: now(), enginePrices: env.ENGINE_PRICES }),
  );
}

import type { Log } from "../log.ts";
import type { DecisionRecord, UsageSink } from "./decision-record.ts";

interface Beside {
  /** What else is kept of the request. */
  readonly keep: (row: DecisionRecord) => Promise<void>;
  /** Called when the sink has the receipt. */
  readonly onAppended: () => void;
}

const NOTHING_BESIDE: Beside = { keep: () => Promise.resolve(), onAppended: () => undefined };

/**
 * Hands what is made to the usage sink, if anything is, and does what is to be done beside. Never rejects: nothing
 * depends on it, so the log must tell.
 */
export async function appendRecord(
  deps: { readonly usage: UsageSink; readonly log: Log },
  requestId: string,
  make: () => DecisionRecord | null | Promise<DecisionRecord>,
  { keep, onAppended }: Beside = NOTHING_BESIDE,
): Promise<void> {
  let decisionId: string | null = null;
  try {
    const record = await make();
    if (record === null) return;
    decisionId = record.id;
    await Promise.all([deps.usage.append(record).then(onAppended), keep(record)]);
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    deps.log("error", "decision_not_recorded", { request_id: requestId, decision_id: decisionId, name });
  }
}

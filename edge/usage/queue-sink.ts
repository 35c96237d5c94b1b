import type { EdgeDatabase } from "../db/client.ts";
import type { Sleep } from "../sleep.ts";
import { within } from "../within.ts";
import type { DecisionRecord, UsageSink } from "./decision-record.ts";
import { storableRecord } from "./storable-record.ts";
import { appendDecisions } from "./usage.store.ts";

interface DecisionQueue {
  send(record: DecisionRecord): Promise<unknown>;
}

interface QueueSinkDeps {
  readonly queue: DecisionQueue;
  readonly db: Pick<EdgeDatabase, "query">;
  readonly sleep: Sleep;
}

/** Milliseconds to wait before each further attempt: together well within what the platform gives work after an answer. */
const WAITS_MS = [100, 400, 1_600];
/** Milliseconds after which a database that says nothing counts as away; there is nobody else to turn to. */
const APPEND_LIMIT_MS = 10_000;

/**
 * Hands receipts to a queue, from which the consumer appends them in batches. A queue that does not take one is asked
 * again, and in the end gone past; sending or appending twice leaves one row. Rejects when the database has not taken
 * it either.
 */
export class QueueSink implements UsageSink {
  readonly #deps: QueueSinkDeps;

  constructor(deps: QueueSinkDeps) {
    this.#deps = deps;
  }

  async append(record: DecisionRecord): Promise<void> {
    const { queue, db, sleep } = this.#deps;
    const storable = storableRecord(record);
    for (const waitMs of WAITS_MS) {
      try {
        await queue.send(storable);
        return;
      } catch {
        await sleep(waitMs);
      }
    }
    const done = await within(sleep, APPEND_LIMIT_MS, (signal) => appendDecisions(db, [storable], signal));
    if (done === "late") throw new DOMException("the database did not take a receipt in time", "TimeoutError");
  }
}

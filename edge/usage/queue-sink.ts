import type { DecisionRecord, UsageSink } from "./decision-record.ts";
import { storableRecord } from "./storable-record.ts";

interface DecisionQueue {
  send(record: DecisionRecord): Promise<unknown>;
}

/** Hands receipts to a queue, from which the consumer appends them in batches. */
export class QueueSink implements UsageSink {
  readonly #queue: DecisionQueue;

  constructor(queue: DecisionQueue) {
    this.#queue = queue;
  }

  async append(record: DecisionRecord): Promise<void> {
    await this.#queue.send(storableRecord(record));
  }
}

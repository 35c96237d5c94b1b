import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

/** Added to the time that a batch may wait to fill: the consumer's own round trip. */
const MARGIN_MS = 500;
const LIMIT_MS = 10_000;

/** Watches what the worker's hot-path role does in the database, to know when the receipts in flight have arrived. */
export class UsageTraffic {
  #last = performance.now();

  /** Told of every event of the bridge. */
  saw(fields: Readonly<Record<string, string | number | null>>): void {
    if (fields["role"] === "signalbox_edge") this.#last = performance.now();
  }

  /** Waits until that role has been still for as long as a receipt can wait in the queue; at most ten seconds. */
  async quiet(queueWaitMs: number): Promise<void> {
    const began = performance.now();
    const needed = queueWaitMs + MARGIN_MS;
    this.#last = began;
    for (;;) {
      const now = performance.now();
      const rest = Math.min(this.#last + needed, began + LIMIT_MS) - now;
      if (rest <= 0) return;
      await delay(rest);
    }
  }
}

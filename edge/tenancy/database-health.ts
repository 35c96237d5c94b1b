/** Reads that fail in a row before the database counts as away: one alone may have been its connection's fault. */
const FAILURES_TO_BE_AWAY = 2;
/** Milliseconds between the reads that find out whether a database that is away has come back. */
const PROBE_EVERY_MS = 500;

/** Whether the database answers, as the reads of this isolate find. Times are arguments, in milliseconds. */
export class DatabaseHealth {
  #failures = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #beganAt = Number.NEGATIVE_INFINITY;

  /** Whether a read is worth its while for a request that has nothing to be served from without it. */
  mayRead(now: number): boolean {
    return this.#failures < FAILURES_TO_BE_AWAY || now - this.#beganAt >= PROBE_EVERY_MS;
  }

  began(now: number): void {
    this.#beganAt = now;
  }

  answered(now: number): void {
    this.#failures = 0;
    this.#answeredAt = now;
  }

  /** A read that began before the last answer came says nothing of the time since. */
  failed(beganAt: number): void {
    if (beganAt >= this.#answeredAt) this.#failures += 1;
  }
}

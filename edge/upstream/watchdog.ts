import type { Sleep } from "../sleep.ts";
import { Stopper, type StopSignal } from "../stopper.ts";

interface Timing {
  readonly now: () => number;
  readonly sleep: Sleep;
}

/**
 * Ends an exchange that stays silent: `onExpired` runs once when a watched wait outlasts its limit, or when the whole
 * exchange outlasts `totalMs`. One timer serves all waits, so that watching a chunk costs nothing but a clock reading.
 */
export class Watchdog {
  readonly #timing: Timing;
  readonly #onExpired: () => void;
  readonly #deadline: number;
  #limitMs = Number.POSITIVE_INFINITY;
  #since: number | null = null;
  #timer = new Stopper();
  #expired = false;

  constructor(timing: Timing, totalMs: number, onExpired: () => void) {
    this.#timing = timing;
    this.#onExpired = onExpired;
    this.#deadline = timing.now() + totalMs;
  }

  get expired(): boolean {
    return this.#expired;
  }

  /** From now on, something is being waited for and must come within `limitMs`. */
  watch(limitMs: number): void {
    this.#since = this.#timing.now();
    if (limitMs === this.#limitMs) return;
    this.#limitMs = limitMs;
    this.#timer.stop();
    this.#timer = new Stopper();
    void this.#run(this.#timer);
  }

  /** It came; the time until the next `watch` is the client's own and does not count as silence. */
  rest(): void {
    this.#since = null;
  }

  close(): void {
    this.#timer.stop();
  }

  async #run(stopped: StopSignal): Promise<void> {
    while (!stopped.aborted) {
      const now = this.#timing.now();
      const silenceEnds = (this.#since ?? now) + this.#limitMs;
      const left = Math.min(silenceEnds, this.#deadline) - now;
      if (left <= 0) {
        this.#expired = true;
        this.#onExpired();
        return;
      }
      await this.#timing.sleep(left, stopped);
    }
  }
}

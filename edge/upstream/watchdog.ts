import type { Sleep } from "../sleep.ts";
import { Stopper, type StopSignal } from "../stopper.ts";

interface Timing {
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** Who is to be told of a silence while it lasts, each time that it has grown by `everyMs`. */
export interface SilenceListener {
  readonly everyMs: number;
  readonly onSilence: () => void;
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
  #listener: SilenceListener | null = null;
  #since: number | null = null;
  /** How often the listener has been told of the silence that lasts. */
  #told = 0;
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
  watch(limitMs: number, listener: SilenceListener | null = null): void {
    this.#since = this.#timing.now();
    this.#told = 0;
    if (limitMs === this.#limitMs && listener === this.#listener) return;
    this.#limitMs = limitMs;
    this.#listener = listener;
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
      await this.#timing.sleep(Math.min(left, this.#untilTold(now)), stopped);
    }
  }

  /** Tells the listener if that is due; milliseconds until it may be due again. */
  #untilTold(now: number): number {
    const listener = this.#listener;
    if (listener === null) return Number.POSITIVE_INFINITY;
    if (this.#since === null) return listener.everyMs;
    if (now - this.#since >= (this.#told + 1) * listener.everyMs) {
      this.#told += 1;
      listener.onSilence();
    }
    return Math.max(1, (this.#told + 1) * listener.everyMs - (now - this.#since));
  }
}

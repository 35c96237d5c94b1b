import type { Sleep } from "../../edge/sleep.ts";

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock that moves only when a test says so, with the timers that hang on it. Milliseconds. */
export class ManualClock {
  #now = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Timer>();

  readonly now = (): number => this.#now;

  readonly sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      const timer = { at: this.#now + ms, fire: resolve };
      this.#timers.add(timer);
      signal?.addEventListener("abort", () => {
        this.#timers.delete(timer);
        resolve();
      });
    });

  /** Timers that still wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass, firing timers in their order; what each sets off has run before the next fires. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      await settled();
    }
    this.#now = until;
    await settled();
  }

  #next(until: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
  }
}

/** Rounds of waiting; more than the code under test chains of hashes and signatures. */
const ROUNDS = 6;

/**
 * Everything that was ready to run has run: a turn of the event loop comes after all its microtasks. Hashing runs on
 * threads of the runtime, so each round also waits for a hash that was asked for after those of the code under test.
 */
export async function settled(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await crypto.subtle.digest("SHA-256", new Uint8Array(1));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

import type { Sleep } from "../sleep.ts";

/** Why a copy was cut off before its answer was complete. */
export type CutReason = "deadline" | "request_over" | "client_gone" | "output_cap";

/** Milliseconds a copy may go on after its request was answered: Workers give 30 s, and what it took is to be written. */
const LINGER_MS = 20_000;

/** Ends a copy when its time is over, its request long answered, or its caller gone: the first of these. */
export class ShadowCut {
  readonly #controller = new AbortController();
  readonly #stopped = new AbortController();
  readonly #sleep: Sleep;
  readonly #caller: AbortSignal;
  readonly #onCallerGone = (): void => this.cut("client_gone");
  #reason: CutReason | null = null;

  constructor(sleep: Sleep, deadlineMs: number, caller: AbortSignal) {
    this.#sleep = sleep;
    this.#caller = caller;
    caller.addEventListener("abort", this.#onCallerGone);
    if (caller.aborted) this.cut("client_gone");
    void this.#cutAfter(deadlineMs, "deadline");
  }

  /** Aborts when the copy is cut off. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): CutReason | null {
    return this.#reason;
  }

  /** The caller has its answer: that its connection ends says nothing any more. */
  requestOver(): void {
    this.#caller.removeEventListener("abort", this.#onCallerGone);
    void this.#cutAfter(LINGER_MS, "request_over");
  }

  cut(reason: CutReason): void {
    if (this.#stopped.signal.aborted) return;
    this.#reason = reason;
    this.stop();
    this.#controller.abort();
  }

  /** The copy has ended: nothing can cut it off any more. */
  stop(): void {
    this.#stopped.abort();
    this.#caller.removeEventListener("abort", this.#onCallerGone);
  }

  async #cutAfter(ms: number, reason: CutReason): Promise<void> {
    await this.#sleep(ms, this.#stopped.signal);
    this.cut(reason);
  }
}

/** Failures in a row after which an endpoint is left alone. */
const FAILURES_TO_OPEN = 5;
/** Milliseconds it is left alone before one request may try it. */
const COOL_DOWN_MS = 5_000;

type State =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly until: number }
  | { readonly kind: "probing"; readonly until: number };

/** Keeps requests from waiting for an endpoint that does not answer. Times are arguments, in milliseconds. */
export class Breaker {
  #state: State = { kind: "closed", failures: 0 };

  /**
   * Whether a call may be made; whoever is let through reports back. After the cool-down one call at a time probes; a
   * probe whose request ended without a report gives way to the next one after another cool-down.
   */
  admit(now: number): boolean {
    if (this.#state.kind === "closed") return true;
    if (now < this.#state.until) return false;
    this.#state = { kind: "probing", until: now + COOL_DOWN_MS };
    return true;
  }

  succeeded(): void {
    this.#state = { kind: "closed", failures: 0 };
  }

  failed(now: number): void {
    const failures = this.#state.kind === "closed" ? this.#state.failures + 1 : FAILURES_TO_OPEN;
    this.#state =
      failures < FAILURES_TO_OPEN ? { kind: "closed", failures } : { kind: "open", until: now + COOL_DOWN_MS };
  }

  /** The call ended for a reason that says nothing about the endpoint: its caller went away, or it was one too many. */
  inconclusive(now: number): void {
    if (this.#state.kind === "probing") this.#state = { kind: "open", until: now };
  }
}

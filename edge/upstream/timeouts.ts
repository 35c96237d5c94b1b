import type { Model } from "../tenancy/snapshot.ts";

/** Milliseconds. */
export interface Timeouts {
  /**
   * Until the first byte of the answer, from the start of the call. Connecting is part of it: `fetch` does not tell
   * when a connection stands, so there is no limit for that alone.
   */
  readonly firstByteMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
  /** The whole call. */
  readonly totalMs: number;
}

export function timeoutsOf({ timeouts }: Model): Timeouts {
  return {
    firstByteMs: timeouts.first_byte_ms ?? 120_000,
    idleMs: timeouts.idle_ms ?? 60_000,
    totalMs: timeouts.total_ms ?? 900_000,
  };
}

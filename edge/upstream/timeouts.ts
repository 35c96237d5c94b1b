import type { Model } from "../tenancy/snapshot.ts";

/** Milliseconds. */
export interface Timeouts {
  /**
   * After as much silence the provider's address is asked for a connection; without one in as much time again, the call
   * is given up.
   */
  readonly connectMs: number;
  /** Until the first byte of the answer, from the start of the call, connecting included. */
  readonly firstByteMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
  /** The whole call. */
  readonly totalMs: number;
}

export function timeoutsOf({ timeouts }: Model): Timeouts {
  return {
    connectMs: timeouts.connect_ms ?? 5_000,
    firstByteMs: timeouts.first_byte_ms ?? 120_000,
    idleMs: timeouts.idle_ms ?? 60_000,
    totalMs: timeouts.total_ms ?? 900_000,
  };
}

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

const DEFAULT_TOTAL_MS = 900_000;

export function timeoutsOf({ timeouts }: Model): Timeouts {
  return {
    connectMs: timeouts.connect_ms ?? 5_000,
    firstByteMs: timeouts.first_byte_ms ?? 120_000,
    idleMs: timeouts.idle_ms ?? 60_000,
    totalMs: timeouts.total_ms ?? DEFAULT_TOTAL_MS,
  };
}

/**
 * Milliseconds in which the answer to a request must have begun, over all its calls: as many as the longest call of its
 * models may take, and the default at least, so that models with little time leave some to their fallbacks.
 */
export const requestLimitMs = (models: readonly Model[]): number =>
  Math.max(DEFAULT_TOTAL_MS, ...models.map((model) => timeoutsOf(model).totalMs));

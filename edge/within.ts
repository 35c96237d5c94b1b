import type { Sleep } from "./sleep.ts";
import { Stopper } from "./stopper.ts";

/**
 * The result of `work`, or `late` after `ms` milliseconds; then its signal aborts, and how it ends is nobody's concern
 * any more. Rejects when the work does so in time.
 */
export async function within<T>(
  sleep: Sleep,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | "late"> {
  const limit = new AbortController();
  const result = await orLate(sleep, ms, work(limit.signal));
  if (result === "late") limit.abort();
  return result;
}

/** The result of what runs already and goes on running, or `late` after `ms` milliseconds. Rejects as `within` does. */
export async function orLate<T>(sleep: Sleep, ms: number, running: Promise<T>): Promise<T | "late"> {
  const settled = new Stopper();
  try {
    running.catch(() => undefined);
    const timer = sleep(ms, settled).then(() => "late" as const);
    return await Promise.race([running, timer]);
  } finally {
    settled.stop();
  }
}

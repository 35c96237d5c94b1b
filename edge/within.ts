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
  const settled = new Stopper();
  try {
    const running = work(limit.signal);
    running.catch(() => undefined);
    const timer = sleep(ms, settled).then(() => "late" as const);
    const result = await Promise.race([running, timer]);
    if (result === "late") limit.abort();
    return result;
  } finally {
    settled.stop();
  }
}

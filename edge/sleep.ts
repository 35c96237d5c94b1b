import type { StopSignal } from "./stopper.ts";

/** Waits `ms` milliseconds, or until `signal` aborts: resolves either way, so the caller looks at the signal. */
export type Sleep = (ms: number, signal?: StopSignal) => Promise<void>;

export const sleep: Sleep = (ms, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish);
  });

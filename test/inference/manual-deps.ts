import { setImmediate } from "node:timers/promises";
import type { Deps } from "../../inference/deps.ts";

type LogEntry = Readonly<Record<string, unknown>>;

export interface ManualDeps extends Pick<Deps, "now" | "schedule" | "timeout" | "log"> {
  readonly logged: LogEntry[];
  /** Lets `ms` milliseconds pass: timers run in order, and everything they set off. */
  readonly advance: (ms: number) => Promise<void>;
}

/** A clock that stands still until a test moves it. */
export function manualDeps(): ManualDeps {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly work: () => void }>();
  const logged: LogEntry[] = [];
  const schedule = (ms: number, work: () => void): (() => void) => {
    const timer = { at: now + ms, work };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const nextUntil = (end: number) =>
    [...timers]
      .filter((timer) => timer.at <= end)
      .reduce<{ at: number; work: () => void } | null>(
        (first, timer) => (first === null || timer.at < first.at ? timer : first),
        null,
      );
  return {
    now: () => now,
    schedule,
    timeout: (ms) => {
      const controller = new AbortController();
      schedule(ms, () => controller.abort());
      return controller.signal;
    },
    log: (level, event, fields) => logged.push({ level, event, ...fields }),
    logged,
    advance: async (ms) => {
      const end = now + ms;
      await setImmediate();
      for (let timer = nextUntil(end); timer !== null; timer = nextUntil(end)) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.work();
        await setImmediate();
      }
      now = end;
    },
  };
}

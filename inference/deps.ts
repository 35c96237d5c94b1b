import { randomUUID } from "node:crypto";

type LogLevel = "debug" | "info" | "warn" | "error";

/** Values a log line may hold: ids, codes and numbers, never a policy's or a conversation's text. */
type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Everything the outside world gives this process; the only way to reach clock, network, ids and the log. */
export interface Deps {
  readonly fetch: typeof fetch;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: (level: LogLevel, event: string, fields?: LogFields) => void;
  /** A signal that aborts after `ms` milliseconds; does not keep the process alive. */
  readonly timeout: (ms: number) => AbortSignal;
  /** Runs `work` after `ms` milliseconds; returns a function that calls it off. Does not keep the process alive. */
  readonly schedule: (ms: number, work: () => void) => () => void;
}

/** The real world: Node's clock, fetch and ids, and one JSON line a log event on standard output. */
export function createDeps(): Deps {
  return {
    fetch: (input, init) => fetch(input, init),
    now: () => performance.now(),
    newId: () => randomUUID(),
    log: (level, event, fields) => {
      process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
    },
    timeout: (ms) => AbortSignal.timeout(ms),
    schedule: (ms, work) => {
      const timer = setTimeout(work, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

import type { Server } from "node:http";
import type { Deps } from "./deps.ts";

/** A connection that its client keeps alive after its last answer would hold the process up. */
const CLOSE_IDLE_MS = 50;

/** `draining` from the signal on: `/readyz` says so, and answers ask their connections to be closed. */
export interface Life {
  draining: boolean;
}

interface DrainOptions {
  /** Milliseconds that running decisions get to finish. */
  readonly drainMs: number;
  /** Milliseconds after the signal in which new connections are still taken: what sends them here learns of it late. */
  readonly noticeMs: number;
  readonly stopEngines: () => void;
}

/**
 * On SIGTERM or SIGINT: is no longer ready but goes on deciding for `noticeMs`, then takes no new connections, lets running
 * decisions finish for at most `drainMs`, and exits with 0; with 1 when something still ran. A second signal does not
 * hurry it.
 */
export function drainOnSignal(
  server: Server,
  deps: Pick<Deps, "log" | "schedule">,
  life: Life,
  { drainMs, noticeMs, stopEngines }: DrainOptions,
): void {
  const close = (): void => {
    deps.schedule(drainMs, () => {
      deps.log("warn", "drain_timeout");
      process.exit(1);
    });
    const closeIdle = (): void => {
      server.closeIdleConnections();
      deps.schedule(CLOSE_IDLE_MS, closeIdle);
    };
    closeIdle();
    server.close(() => {
      stopEngines();
      deps.log("info", "stopped");
      process.exit(0);
    });
  };
  const drain = (signal: NodeJS.Signals): void => {
    if (life.draining) return;
    life.draining = true;
    deps.log("info", "draining", { signal });
    deps.schedule(noticeMs, close);
  };
  process.on("SIGTERM", drain);
  process.on("SIGINT", drain);
  server.on("request", (_request, response) => {
    if (life.draining && !response.headersSent) response.setHeader("connection", "close");
  });
}

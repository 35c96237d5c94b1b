import type { Server } from "node:http";
import type { Deps } from "./deps.ts";

/** A connection that its client keeps alive after its last answer would hold the process up. */
const CLOSE_IDLE_MS = 50;

/**
 * On SIGTERM or SIGINT: takes no new connections, lets running decisions finish for at most `drainMs`, then exits with
 * 0; with 1 when something still ran. A second signal does not hurry it.
 */
export function drainOnSignal(
  server: Server,
  deps: Pick<Deps, "log" | "schedule">,
  drainMs: number,
  stopEngines: () => void,
): void {
  let draining = false;
  const drain = (signal: NodeJS.Signals): void => {
    if (draining) return;
    draining = true;
    deps.log("info", "draining", { signal });
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
  process.on("SIGTERM", drain);
  process.on("SIGINT", drain);
}

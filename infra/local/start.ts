/**
 * `npm start`: the whole product on loopback. Starts `host.ts`, which runs it, prints what to do next and stays until
 * Ctrl-C (or returns, with --detach). Flags and variables: `start-options.ts`.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { announcement } from "./announce.ts";
import type { HostMessage } from "./host-message.ts";
import { runFiles } from "./run-state.ts";
import { parseStartOptions, UsageError, type StartOptions } from "./start-options.ts";

const HOST = fileURLToPath(new URL("host.ts", import.meta.url));
const INTERRUPTED = 130;

try {
  start(parseStartOptions(process.argv.slice(2), process.env));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

function start(options: StartOptions): void {
  const logDir = runFiles(options.dataDir).logs;
  mkdirSync(logDir, { recursive: true });
  let host: ChildProcess | null = null;
  let ready = false;
  let explained = false;
  let stopping = false;

  // Before there is anything to stop, so that no signal finds this process deaf.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // npm passes a terminal's Ctrl-C on, so it arrives twice.
      if (stopping) return;
      stopping = true;
      console.log("\nstopping…");
      host?.kill("SIGTERM");
    });
  }

  const log = openSync(join(logDir, "host.log"), "a", 0o600);
  const child = spawn(process.execPath, [HOST, JSON.stringify(options)], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  host = child;
  child.on("message", (message: HostMessage) => {
    if (message.kind === "progress") {
      console.log(`${message.text}…`);
      return;
    }
    if (message.kind === "failed") {
      explained = true;
      console.error(`Signalbox ${ready ? "stopped" : "did not start"}: ${message.text}`);
      return;
    }
    ready = true;
    if (stopping) return;
    console.log(announcement(message.facts, { detached: options.detach }));
    if (options.detach) {
      child.disconnect();
      child.unref();
    }
  });
  child.on("error", (error) => console.error(`cannot start ${HOST}: ${error.message}`));
  child.on("exit", (code, signal) => {
    // Told to stop before it could listen, it ends by the signal, with nothing started.
    const stopped = code === 0 || (stopping && signal === "SIGTERM");
    if (stopped) console.log("stopped");
    else if (!explained) {
      console.error(`Signalbox ended unexpectedly (${signal ?? `exit ${String(code)}`}): see ${logDir}/host.log`);
    }
    process.exitCode = stopped ? (ready ? 0 : INTERRUPTED) : 1;
  });
}

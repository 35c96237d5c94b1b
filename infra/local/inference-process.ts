import { spawn } from "node:child_process";
import { once } from "node:events";
import type { WriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface RunningInference {
  readonly url: string;
  readonly pid: number;
  /** Settles when the process has ended, wanted or not. */
  readonly exited: Promise<void>;
  /** Lets running decisions finish, then ends. */
  stop(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL("../../inference/server.ts", import.meta.url));
const STOP_LIMIT_MS = 15_000;
/** What an operator may set for the inference service beside what this file does. */
const PASSED_ON = [
  "ENGINES",
  "ENGINES_FILE",
  "CALIBRATION",
  "CALIBRATION_FILE",
  "DEFAULT_ENGINE",
  "EMBEDDED_CONCURRENCY",
  "EMBEDDED_THREADS",
];

/** Starts the inference service on loopback; resolves when it listens, throws with its last words when it ends first. */
export async function startInference(options: {
  /** A free one when 0. */
  readonly port: number;
  readonly token: string;
  readonly log: WriteStream;
  readonly signal: AbortSignal;
}): Promise<RunningInference> {
  options.signal.throwIfAborted();
  const passed = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]));
  const child = spawn(process.execPath, [ENTRY], {
    env: {
      PATH: process.env["PATH"],
      ...passed,
      HOST: "127.0.0.1",
      PORT: String(options.port),
      SERVICE_TOKENS: options.token,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "close").then(() => undefined);
  const abort = (): void => void child.kill("SIGKILL");
  options.signal.addEventListener("abort", abort);
  const lastLines: string[] = [];
  const note = (line: string): void => {
    options.log.write(`${line}\n`);
    lastLines.push(line);
    if (lastLines.length > 5) lastLines.shift();
  };
  createInterface({ input: child.stderr }).on("line", note);
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      note(line);
      const listening = listeningPort(line);
      if (listening !== null) resolve(listening);
    });
    void exited.then(() => reject(new Error(`inference did not start: ${lastLines.join("\n")}`)));
  });
  options.signal.removeEventListener("abort", abort);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    exited,
    stop: async () => {
      child.kill("SIGTERM");
      const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      await exited;
      clearTimeout(impatience);
    },
  };
}

function listeningPort(line: string): number | null {
  try {
    const { event, port } = JSON.parse(line) as { event?: unknown; port?: unknown };
    return event === "listening" && typeof port === "number" ? port : null;
  } catch {
    return null;
  }
}

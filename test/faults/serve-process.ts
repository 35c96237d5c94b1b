import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { keptLog } from "../logs/kept-logs.ts";
import { workerVariables, type Surroundings } from "./own-workerd.ts";

/** `npm run serve` as an operator runs it. */
export interface ServeProcess {
  readonly url: string;
  /** Every log line of its own so far, parsed. */
  readonly logs: readonly Record<string, unknown>[];
  readonly terminate: () => void;
  readonly exited: Promise<number | null>;
}

export async function startServe(spoolFolder: string, around: Surroundings, noticeMs: number): Promise<ServeProcess> {
  const child = spawn(process.execPath, ["infra/launch.js", "infra/workerd/serve.ts"], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      SPOOL_DIR: spoolFolder,
      DRAIN_NOTICE_MS: String(noticeMs),
      FLUSH_MS: "60000",
      ...workerVariables(around),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const logs: Record<string, unknown>[] = [];
  let errors = "";
  const listening = Promise.withResolvers<number>();
  const kept = keptLog("serve");
  for (const stream of [child.stdout, child.stderr]) stream.pipe(kept, { end: false });
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const log = JSON.parse(line) as Record<string, unknown>;
    logs.push(log);
    if (log["event"] === "listening") listening.resolve(Number(log["port"]));
  });
  const exited = once(child, "close").then(([code]) => {
    kept.end();
    return code as number | null;
  });
  const ended = exited.then((code): never => {
    throw new Error(`serve exited with ${String(code)}: ${errors}`);
  });
  ended.catch(() => undefined);
  const port = await Promise.race([listening.promise, ended]);
  return { url: `http://127.0.0.1:${String(port)}`, logs, terminate: () => void child.kill("SIGTERM"), exited };
}

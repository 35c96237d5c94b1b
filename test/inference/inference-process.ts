import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { keptLog } from "../logs/kept-logs.ts";

export const TOKEN = "test-service-token-one";
export const SECOND_TOKEN = "test-service-token-two";

const ENTRY = fileURLToPath(new URL("../../inference/server.ts", import.meta.url));

export interface InferenceProcess {
  readonly url: string;
  /** Every log line so far, parsed. */
  readonly logs: readonly Record<string, unknown>[];
  /** Everything the process wrote so far, to either stream. */
  readonly output: () => string;
  readonly get: (path: string, token?: string | null) => Promise<Response>;
  readonly post: (path: string, body: unknown, token?: string | null) => Promise<Response>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Exit code, once it is gone. */
  readonly exited: Promise<number | null>;
  readonly stop: () => Promise<number | null>;
}

/** Starts the real service on a free port and resolves when it listens. Rejects with its output when it exits first. */
export async function startInference(env: Record<string, string> = {}): Promise<InferenceProcess> {
  const child = spawn(process.execPath, [ENTRY], {
    env: { PATH: process.env["PATH"], PORT: "0", SERVICE_TOKENS: `${TOKEN},${SECOND_TOKEN}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const logs: Record<string, unknown>[] = [];
  const listening = Promise.withResolvers<number>();
  const kept = keptLog("inference");
  for (const stream of [child.stdout, child.stderr]) stream.pipe(kept, { end: false });
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  createInterface({ input: child.stdout }).on("line", (line) => {
    output += `${line}\n`;
    const log = JSON.parse(line) as Record<string, unknown>;
    logs.push(log);
    if (log["event"] === "listening") listening.resolve(Number(log["port"]));
  });
  const exited = once(child, "close").then(([code]) => {
    kept.end();
    return code as number | null;
  });
  const failed = exited.then((code): never => {
    throw new Error(`inference exited with ${String(code)}: ${output}`);
  });
  failed.catch(() => undefined);
  const url = `http://127.0.0.1:${String(await Promise.race([listening.promise, failed]))}`;

  const headers = (token: string | null): Record<string, string> => ({
    "content-type": "application/json",
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  });
  return {
    url,
    logs,
    output: () => output,
    get: (path, token = TOKEN) => fetch(url + path, { headers: headers(token) }),
    post: (path, body, token = TOKEN) =>
      fetch(url + path, {
        method: "POST",
        headers: headers(token),
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    signal: (signal) => child.kill(signal),
    exited,
    stop: () => {
      child.kill("SIGTERM");
      return exited;
    },
  };
}

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createInterface } from "node:readline";
import { VARIABLES } from "../../edge/env.ts";
import type { WorkerBuild } from "../local/worker/build-worker.ts";
import { WORKERD } from "./binary.ts";
import { CLOCK_SOCKET, SOCKET, SPOOL_FOLDER, STATE_FOLDER, workerdConfig } from "./config.ts";

export interface WorkerdOptions {
  readonly build: WorkerBuild;
  /** Folder for the configuration and the state of this process. */
  readonly folder: string;
  /** Folder that receipts wait in until PostgreSQL has them; must outlive the process, and be of one process at a time. */
  readonly spoolFolder: string;
  readonly host: string;
  /** A free one when 0. */
  readonly port: number;
  /** Variables of `edge/env.ts`; they win over wrangler.toml's. */
  readonly variables: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

export interface RunningWorkerd {
  readonly port: number;
  readonly pid: number;
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  /** Has the worker do what no request does; to be called every minute. Rejects when it could not. */
  tick(): Promise<void>;
  /** Makes `/readyz` say that this process is on its way out, while it goes on serving. */
  leave(): Promise<void>;
  /** SIGTERM: no new connections; requests that run go on to their end. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * What the worker's bindings give it here instead of what holds at Cloudflare: there is no queue, and a header with the
 * caller's address is the caller's word, unless the operator names one that a proxy of theirs writes.
 */
const SELF_HOSTED = { USAGE_SINK: "spool", CLIENT_ADDRESS_HEADER: "" };

/** Runs the bundled worker in a workerd of its own; resolves when it listens, throws with its last words when it ends first. */
export async function runWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  const { build, folder, spoolFolder } = options;
  const bound = build.config.bindings as Record<string, unknown> | undefined;
  const texts = Object.entries(bound ?? {}).filter(([, value]) => typeof value === "string") as [string, string][];
  const variables: Readonly<Record<string, string>> = {
    ...Object.fromEntries(texts),
    ...SELF_HOSTED,
    ...options.variables,
  };
  const names = VARIABLES.filter((name) => name in variables);
  const loopbackUpstreams = variables["UPSTREAM_ADDRESSES"] === "loopback";
  const stateFolder = join(folder, "state");
  await rm(stateFolder, { recursive: true, force: true });
  for (const made of [stateFolder, spoolFolder]) await mkdir(made, { recursive: true });
  await writeFile(join(folder, "worker.js"), build.source);
  await writeFile(join(folder, "config.capnp"), workerdConfig({ build, variables: names, loopbackUpstreams }));
  const child = spawn(
    WORKERD,
    [
      "serve",
      "--control-fd=3",
      `--socket-addr=${SOCKET}=${options.host}:${String(options.port)}`,
      `--socket-addr=${CLOCK_SOCKET}=127.0.0.1:0`,
      `--directory-path=${SPOOL_FOLDER}=${spoolFolder}`,
      `--directory-path=${STATE_FOLDER}=${stateFolder}`,
      join(folder, "config.capnp"),
    ],
    { env: variables, stdio: ["ignore", "pipe", "pipe", "pipe"] },
  );
  const exited = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  const ports = await listeningPorts(child, exited, options.onLine);
  return {
    port: ports.worker,
    pid: child.pid ?? 0,
    exited,
    tick: async () => {
      const answer = await fetch(`http://127.0.0.1:${String(ports.clock)}/`, { method: "POST" });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`the clock answered ${String(answer.status)}`);
    },
    leave: () => writeFile(join(stateFolder, "leaving"), ""),
    signal: (signal) => void child.kill(signal),
  };
}

function listeningPorts(
  child: ChildProcess,
  exited: Promise<unknown>,
  onLine: (line: string) => void,
): Promise<{ readonly worker: number; readonly clock: number }> {
  const lastLines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue;
    createInterface({ input: output }).on("line", (line) => {
      onLine(line);
      lastLines.push(line);
      if (lastLines.length > 5) lastLines.shift();
    });
  }
  return new Promise((resolve, reject) => {
    const ports = new Map<string, number>();
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
      const { event, socket = "", port = 0 } = JSON.parse(line) as { event: string; socket?: string; port?: number };
      if (event === "listen") ports.set(socket, port);
      const [worker, clock] = [ports.get(SOCKET), ports.get(CLOCK_SOCKET)];
      if (worker !== undefined && clock !== undefined) resolve({ worker, clock });
    });
    child.once("error", reject);
    void exited.then(() => reject(new Error(`workerd did not start: ${lastLines.join("\n")}`)));
  });
}

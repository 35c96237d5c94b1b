import { fork, spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startDatabase } from "../../local/database.ts";
import { startInference } from "../../local/inference-process.ts";
import { mintSecrets } from "../../local/secrets.ts";
import { buildWorker } from "../../local/worker/build-worker.ts";
import type { Batch, Measured } from "./load.ts";
import { cpuMs, pin } from "./processes.ts";
import { startEdge, startFloor, type RawWorkerd } from "./raw-workerd.ts";

const START_LIMIT_MS = 300_000;
const FLOOR = new URL("floor/worker.ts", import.meta.url).pathname;
const TOKEN = "bench-of-the-gateway";
/** The worker has this core to itself; everything else shares the other. */
const WORKER_CORE = 0;
const OTHER_CORE = 1;

/** CPU milliseconds by process: the worker's own, and what stands behind it. */
export interface Cpu {
  readonly worker: number;
  readonly inference: number;
  readonly bridge: number;
  readonly postgres: number;
}

/** Everything that a measurement needs, on its cores. */
export interface Site {
  readonly floor: RawWorkerd;
  /** The worker before an engine that answers at once, and before the embedded one. */
  readonly instant: RawWorkerd;
  readonly embedded: RawWorkerd;
  readonly adminUrl: string;
  /** Base URL of the stand-in provider. */
  readonly upstream: string;
  /** Starts a worker like `instant` that can be looked into. */
  inspected(): Promise<RawWorkerd>;
  /** Starts a worker like `instant` and gives the milliseconds until it has answered. */
  coldStart(): Promise<number>;
  /** Sends a batch of requests; `around` runs from just before the first to its own end, after the last. */
  send(batch: Batch, around?: (go: () => Promise<void>) => Promise<void>): Promise<Measured>;
  cpu(worker: RawWorkerd): Cpu;
  stop(): Promise<void>;
}

/** Starts all parts; leaves nothing running when one of them does not start. */
export async function openSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  const stops: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return { ...(await startParts(folder, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(folder: string, stops: (() => unknown)[]): Promise<Omit<Site, "stop">> {
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  const secrets = mintSecrets();
  pin(process.pid, OTHER_CORE);
  const place = { dataDir: folder, logDir: folder, log: () => undefined, signal };
  const database = await startDatabase({ ...place, adminPassword: secrets.adminPassword, durable: true });
  stops.push(() => database.stop());
  const log = createWriteStream(join(folder, "inference.log"));
  const inference = await startInference({ port: 0, token: TOKEN, log, signal });
  stops.push(() => inference.stop());
  const standIns = await startProgram("stand-ins.ts");
  const load = fork(new URL("load.ts", import.meta.url).pathname);
  stops.push(() => [standIns.child, load].forEach((child) => child.kill()));
  const edge = await buildWorker(join(folder, "edge"), signal);
  const bare = await buildWorker(join(folder, "bare"), signal, FLOOR);
  const host = `http://127.0.0.1:${standIns.said}`;
  const upstream = `${host}/v1`;
  for (const pid of [standIns.child.pid, load.pid, inference.pid, database.postgres.pid]) pin(pid ?? 0, OTHER_CORE);

  const variables = (inferenceUrl: string): Record<string, string> => ({
    ENVIRONMENT: "development",
    UPSTREAM_ADDRESSES: "loopback",
    USAGE_SINK: "spool",
    DATABASE_URL_EDGE: database.edgeUrl,
    DATABASE_URL_API: database.apiUrl,
    DATABASE_HTTP_ENDPOINT: database.bridge.httpEndpoint,
    DATABASE_WS_PROXY: database.bridge.wsProxy,
    INFERENCE_URL: inferenceUrl,
    INFERENCE_TOKEN: TOKEN,
    CREDENTIAL_KEYS: secrets.credentialKeys,
    SIGNING_SECRET: secrets.signingSecret,
  });
  const onItsCore = async (starting: Promise<RawWorkerd>): Promise<RawWorkerd> => {
    const running = await starting;
    stops.push(() => running.stop());
    pin(running.pid, WORKER_CORE);
    return running;
  };
  let started = 0;
  const another = (inferenceUrl: string, inspected = false): Promise<RawWorkerd> => {
    started += 1;
    return onItsCore(startEdge(join(folder, `worker-${started}`), edge, variables(inferenceUrl), inspected));
  };
  return {
    floor: await onItsCore(startFloor(join(folder, "floor"), bare, upstream)),
    instant: await another(host),
    embedded: await another(inference.url),
    adminUrl: database.adminUrl,
    upstream,
    send: async (batch, around = (go) => go()) => {
      await asked(load, batch);
      await around(async () => {
        await asked(load, "go");
      });
      return (await asked(load, "figures")) as Measured;
    },
    cpu: ({ pid }) => ({
      worker: cpuMs(pid),
      inference: cpuMs(inference.pid),
      // The bridge runs in this process, which does little else meanwhile.
      bridge: process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000,
      postgres: cpuMs(database.postgres.pid),
    }),
    inspected: () => another(host, true),
    coldStart: async () => {
      const began = performance.now();
      const cold = await another(host);
      while (!(await fetch(`${cold.url}/healthz`)).ok);
      const took = performance.now() - began;
      await cold.stop();
      return took;
    },
  };
}

function asked(load: ChildProcess, what: Batch | "go" | "figures"): Promise<unknown> {
  return new Promise((resolve, reject) => {
    load.once("message", resolve);
    load.send(what, (error) => {
      if (error !== null) reject(error);
    });
  });
}

/** A program of this folder, and the first line it says. */
async function startProgram(name: string): Promise<{ child: ChildProcess; said: string }> {
  const path = new URL(name, import.meta.url).pathname;
  const child = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "inherit"] });
  const said = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", () => reject(new Error(`${name} ended`)));
  });
  return { child, said };
}

import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashApiKey, mintApiKey, OPERATOR_ENVIRONMENT } from "../../edge/tenancy/api-key.ts";
import { startDatabase, type RunningDatabase } from "../local/database.ts";
import { startInference } from "../local/inference-process.ts";
import { buildWorker } from "../local/worker/build-worker.ts";
import { runWorker } from "../local/worker/run-worker.ts";
import { PENDING_PATH } from "./protocol.ts";
import { seeded } from "./seeded.ts";

const ENTRY = fileURLToPath(new URL("worker.ts", import.meta.url));

export interface SimulatedService {
  readonly baseUrl: string;
  readonly operatorKey: string;
  readonly database: RunningDatabase;
  /** Runs the worker's jobs at an instant, in milliseconds since the epoch. */
  tick(at: number): Promise<void>;
  /** Waits until everything that answers left to be done, receipts above all, is done. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  /** For data and logs; absolute. */
  readonly folder: string;
  readonly seed: number;
  /** One that runs already; else one is started. */
  readonly inference?: { readonly url: string; readonly token: string };
  readonly signal: AbortSignal;
}

/** PostgreSQL, inference, and the worker in workerd with the simulation's clock, on loopback. */
export async function startService({ folder, seed, inference, signal }: Options): Promise<SimulatedService> {
  await mkdir(folder, { recursive: true });
  const log = (name: string) => createWriteStream(join(folder, `${name}.log`));
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    const database = await startDatabase({
      dataDir: folder,
      logDir: folder,
      adminPassword: randomBytes(24).toString("base64url"),
      durable: false,
      signal,
      log: () => undefined,
    });
    stops.push(() => database.stop());
    const decider = inference ?? (await startOwnInference());
    const operatorKey = mintApiKey(OPERATOR_ENVIRONMENT, () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48).token;
    const operatorKeyHash = await hashApiKey(operatorKey);
    const worker = await runWorker({
      build: await buildWorker(join(folder, "worker"), signal, ENTRY),
      port: 0,
      log: log("worker"),
      onRestart: () => Promise.reject(new Error("workerd has crashed")),
      variables: () => ({
        ENVIRONMENT: "development",
        UPSTREAM_ADDRESSES: "loopback",
        DATABASE_URL_EDGE: database.edgeUrl,
        DATABASE_URL_API: database.apiUrl,
        DATABASE_URL_JOBS: database.jobsUrl,
        DATABASE_HTTP_ENDPOINT: database.bridge.httpEndpoint,
        DATABASE_WS_PROXY: database.bridge.wsProxy,
        INFERENCE_URL: decider.url,
        INFERENCE_TOKEN: decider.token,
        CREDENTIAL_KEYS: `simulation:${derived(seed, "credentials").toString("base64")}`,
        SIGNING_SECRET: derived(seed, "signing").toString("base64url"),
        OPERATOR_KEY_HASHES: operatorKeyHash,
        USAGE_SINK: "spool",
        SIMULATION_SEED: String(Math.floor(seeded(seed)() * 2 ** 31)),
      }),
    });
    stops.push(() => worker.stop());
    return {
      baseUrl: worker.baseUrl,
      operatorKey,
      database,
      tick: (at) => worker.tick(new Date(at)),
      async settled() {
        while ((await (await fetch(worker.baseUrl + PENDING_PATH)).json()) !== 0);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }

  async function startOwnInference(): Promise<{ url: string; token: string }> {
    const token = randomBytes(24).toString("base64url");
    const started = await startInference({ port: 0, token, log: log("inference"), signal });
    stops.push(() => started.stop());
    return { url: started.url, token };
  }
}

/** 32 bytes that are the same for the same seed: a conversation's arm hangs on them. */
const derived = (seed: number, name: string): Buffer => createHash("sha256").update(`${name}/${seed}`).digest();

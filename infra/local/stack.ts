import { randomBytes } from "node:crypto";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startDatabase, type RunningDatabase } from "./database.ts";
import { assertFree } from "./free-port.ts";
import { startInference, type RunningInference } from "./inference-process.ts";
import { operatorKeyHash, type StackSecrets } from "./secrets.ts";
import { UsageTraffic } from "./usage-traffic.ts";
import { buildWorker } from "./worker/build-worker.ts";
import { runWorker } from "./worker/run-worker.ts";

/** TCP ports on loopback; a free one where absent. */
export interface StackPorts {
  readonly worker?: number;
  readonly inference?: number;
  readonly postgres?: number;
  readonly bridge?: number;
}

export interface StackOptions {
  /** Folder for data and builds, absolute. */
  readonly dataDir: string;
  readonly logDir: string;
  readonly secrets: StackSecrets;
  readonly ports: StackPorts;
  /** False for data that nobody will miss. */
  readonly durable: boolean;
  /** Seconds between two runs of the worker's jobs; tests run them themselves. */
  readonly tickSeconds?: number;
  /** Gives up starting. */
  readonly signal: AbortSignal;
  /** Called whenever this process has new child processes. */
  readonly onProcesses?: () => Promise<void>;
}

export interface RunningStack {
  readonly baseUrl: string;
  readonly inferenceUrl: string;
  readonly inferenceToken: string;
  readonly database: RunningDatabase;
  /** Settles with a sentence for people when a part ends by itself. */
  readonly broken: Promise<string>;
  /** Waits until receipts in the queue are in the database. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts every part on loopback: PostgreSQL, migrations, bridge, inference, and the worker as wrangler.toml builds it.
 * Throws with a sentence for people, and leaves nothing running, when a part does not start.
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const { dataDir, logDir, ports } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  // Looked at before anything starts, so that a taken port is the first thing said and not the last.
  for (const port of [ports.worker, ports.inference, ports.postgres, ports.bridge]) await assertFree(port ?? 0);
  await mkdir(logDir, { recursive: true });
  const logs = { worker: logFile(logDir, "worker"), inference: logFile(logDir, "inference") };
  const bridgeLog = logFile(logDir, "bridge");
  const traffic = new UsageTraffic();
  const inferenceToken = randomBytes(24).toString("base64url");
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
    // To the last line: what is read afterwards is all there was.
    for (const log of [...Object.values(logs), bridgeLog])
      await new Promise<void>((resolve) => log.end(() => resolve()));
  };
  const started = async <T extends { stop(): Promise<void> }>(part: Promise<T>): Promise<T> => {
    const running = await part;
    stops.push(() => running.stop());
    return running;
  };

  try {
    const [database, inference, build] = await allOrThrow(
      () => failed.abort(),
      started(
        startDatabase({
          dataDir,
          logDir,
          adminPassword: options.secrets.adminPassword,
          durable: options.durable,
          signal,
          log: (event, fields) => {
            traffic.saw(fields);
            bridgeLog.write(`${JSON.stringify({ event, ...fields })}\n`);
          },
          ...(ports.postgres === undefined ? {} : { postgresPort: ports.postgres }),
          ...(ports.bridge === undefined ? {} : { bridgePort: ports.bridge }),
        }),
      ),
      started(startInference({ port: ports.inference ?? 0, token: inferenceToken, log: logs.inference, signal })),
      buildWorker(join(dataDir, "worker"), signal),
    );
    signal.throwIfAborted();
    const { onProcesses = () => Promise.resolve() } = options;
    await onProcesses();
    const variables = await workerVariables(options.secrets, database, inference, inferenceToken);
    const worker = await started(
      runWorker({
        build,
        port: ports.worker ?? 0,
        variables,
        log: logs.worker,
        onRestart: onProcesses,
        ...(options.tickSeconds === undefined ? {} : { tickSeconds: options.tickSeconds }),
      }),
    );
    await onProcesses();
    return {
      baseUrl: worker.baseUrl,
      inferenceUrl: inference.url,
      inferenceToken,
      database,
      broken: brokenPart(database, inference, logDir),
      drain: () => traffic.quiet(worker.queueWaitSeconds * 1000),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As Promise.all, but a failure makes the others give up and waits for them, so that all can be stopped. */
async function allOrThrow<A, B, C>(
  giveUp: () => void,
  a: Promise<A>,
  b: Promise<B>,
  c: Promise<C>,
): Promise<[A, B, C]> {
  const all = Promise.all([a, b, c]);
  await all.catch(giveUp);
  await Promise.allSettled([a, b, c]);
  return all;
}

async function workerVariables(
  secrets: StackSecrets,
  database: RunningDatabase,
  inference: RunningInference,
  inferenceToken: string,
): Promise<(baseUrl: string) => Record<string, string>> {
  const operatorKeyHashes = await operatorKeyHash(secrets);
  return (baseUrl) => ({
    ENVIRONMENT: "development",
    UPSTREAM_ADDRESSES: "loopback",
    DATABASE_URL_EDGE: database.edgeUrl,
    DATABASE_URL_API: database.apiUrl,
    DATABASE_URL_JOBS: database.jobsUrl,
    DATABASE_HTTP_ENDPOINT: database.bridge.httpEndpoint,
    DATABASE_WS_PROXY: database.bridge.wsProxy,
    INFERENCE_URL: inference.url,
    INFERENCE_TOKEN: inferenceToken,
    CREDENTIAL_KEYS: secrets.credentialKeys,
    SIGNING_SECRET: secrets.signingSecret,
    OPERATOR_KEY_HASHES: operatorKeyHashes,
    PUBLIC_URL: baseUrl,
  });
}

function brokenPart(database: RunningDatabase, inference: RunningInference, logDir: string): Promise<string> {
  return Promise.race([
    database.postgres.exited.then(() => `PostgreSQL ended by itself: see ${join(logDir, "postgres.log")}`),
    inference.exited.then(() => `the inference service ended by itself: see ${join(logDir, "inference.log")}`),
  ]);
}

function logFile(logDir: string, name: string): WriteStream {
  return createWriteStream(join(logDir, `${name}.log`), { flags: "a", mode: 0o600 });
}

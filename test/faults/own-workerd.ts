import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWorker, type WorkerBuild } from "../../infra/local/worker/build-worker.ts";
import { runWorkerd, type RunningWorkerd } from "../../infra/workerd/run-workerd.ts";
import { keptLog } from "../logs/kept-logs.ts";
import { noteSaid } from "../logs/said.ts";
import { stack } from "../stack/provided.ts";

/** Folders and the build that the workerd processes of one test file share. */
export interface Ground {
  readonly build: WorkerBuild;
  readonly folder: string;
  remove(): Promise<void>;
}

/** `entry`: another worker than wrangler.toml's. */
export async function prepareGround(entry?: string): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-workerd-"));
  const build = await buildWorker(join(folder, "build"), AbortSignal.timeout(60_000), entry);
  return { build, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface Surroundings {
  /** The database's HTTP endpoint, the port that its bridge reaches PostgreSQL at, and the inference service. */
  readonly databaseUrl?: string;
  readonly databasePort?: number;
  readonly inferenceUrl?: string;
  readonly inferenceToken?: string;
  readonly credentialKeys?: string;
}

export type OwnWorkerd = RunningWorkerd & { readonly baseUrl: string };

/** A self-hosted worker, named so that its successor finds what it left on disk. */
export async function startOwnWorkerd(ground: Ground, name: string, around: Surroundings = {}): Promise<OwnWorkerd> {
  const log = keptLog(`workerd-${name.replaceAll(" ", "-")}`);
  const running = await runWorkerd({
    build: ground.build,
    folder: ground.folder,
    spoolFolder: join(ground.folder, name),
    host: "127.0.0.1",
    port: 0,
    onLine: (line) => log.write(`${line}\n`),
    variables: workerVariables(around),
  });
  void running.exited.then(() => log.end());
  return { ...running, baseUrl: `http://127.0.0.1:${String(running.port)}` };
}

/** The variables of a worker before the shared stack. */
export function workerVariables({
  databaseUrl,
  databasePort,
  inferenceUrl,
  inferenceToken,
  credentialKeys,
}: Surroundings): Record<string, string> {
  const shared = stack();
  const variables = {
    ENVIRONMENT: "development",
    UPSTREAM_ADDRESSES: "loopback",
    DATABASE_URL_EDGE: atPort(shared.edgeUrl, databasePort),
    DATABASE_URL_API: atPort(shared.apiUrl, databasePort),
    DATABASE_HTTP_ENDPOINT: databaseUrl ?? shared.httpEndpoint,
    DATABASE_WS_PROXY: shared.wsProxy,
    INFERENCE_URL: inferenceUrl ?? shared.inferenceUrl,
    INFERENCE_TOKEN: inferenceToken ?? shared.inferenceToken,
    CREDENTIAL_KEYS: credentialKeys ?? `k1:${Buffer.alloc(32, 1).toString("base64")}`,
    SIGNING_SECRET: "a secret of this worker and no other one",
  };
  // The scan of all logs knows the shared stack's secrets, and not these.
  noteSaid(shared.logDir, { secret: [variables.CREDENTIAL_KEYS, variables.SIGNING_SECRET] });
  return variables;
}

function atPort(connectionString: string, port: number | undefined): string {
  const url = new URL(connectionString);
  if (port !== undefined) url.port = String(port);
  return url.href;
}

/** Ends a process at once, as a crash of the machine would. */
export async function kill(worker: RunningWorkerd): Promise<void> {
  worker.signal("SIGKILL");
  await worker.exited;
}

/**
 * Runs the stack, in a session of its own: a terminal's Ctrl-C reaches only `start.ts`, which asks this process to stop,
 * so that receipts are drained before PostgreSQL and workerd go. Started by `start.ts` with its options as JSON.
 */
import { rm } from "node:fs/promises";
import { childProcesses } from "./child-processes.ts";
import type { HostMessage } from "./host-message.ts";
import { commandOf } from "./process-identity.ts";
import { claimDataDir, clearRun, recordChildren, runFiles, writeStartFacts, type ProcessMark } from "./run-state.ts";
import { mintSecrets, readSecrets, writeSecrets, type KeptSecrets } from "./secrets.ts";
import { seedDemo, warmUp } from "./seed.ts";
import { startStack, type RunningStack } from "./stack.ts";
import type { StartOptions } from "./start-options.ts";

const START_LIMIT_MS = 60_000;

const options = JSON.parse(process.argv[2] ?? "{}") as StartOptions;
const { dataDir } = options;
const files = runFiles(dataDir);
const self: ProcessMark = { pid: process.pid, contains: dataDir };

const stopAsked = new AbortController();
const askToStop = (): void => stopAsked.abort(new Error("stopped while it was starting"));
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, askToStop);
let ready = false;
// The one who started this was killed: nobody would stop it. Detached, it lets go on purpose once all is ready.
const onDisconnect = (): void => {
  if (!options.detach || !ready) askToStop();
};
process.on("disconnect", onDisconnect);
if (!process.connected) onDisconnect();

try {
  await claimDataDir(dataDir, self);
  try {
    await runUntilStopped();
  } finally {
    await clearRun(dataDir);
  }
} catch (error) {
  if (!stopAsked.signal.aborted) {
    const text = error instanceof Error ? error.message : String(error);
    // To the log as well: detached, nobody listens any more.
    console.error(text);
    tell({ kind: "failed", text });
    process.exitCode = 1;
  }
}
if (process.connected) process.disconnect();

async function runUntilStopped(): Promise<void> {
  if (options.fresh) await forget();
  const starting = AbortSignal.any([stopAsked.signal, AbortSignal.timeout(START_LIMIT_MS)]);
  const secrets = await loadSecrets();
  tell({ kind: "progress", text: "starting PostgreSQL, inference and the worker" });
  const stack = await startStack({
    dataDir,
    logDir: files.logs,
    secrets,
    ports: {
      worker: options.port,
      ...(options.inferencePort === null ? {} : { inference: options.inferencePort }),
      ...(options.postgresPort === null ? {} : { postgres: options.postgresPort }),
      ...(options.bridgePort === null ? {} : { bridge: options.bridgePort }),
    },
    durable: true,
    tickSeconds: 5,
    signal: starting,
    onProcesses: recordProcesses,
  });
  try {
    await announceReady(stack, secrets, starting);
    const broken = await Promise.race([stack.broken, aborted(stopAsked.signal)]);
    if (broken !== null) throw new Error(broken);
    await stack.drain();
  } finally {
    await stack.stop();
  }
}

async function announceReady(stack: RunningStack, secrets: KeptSecrets, signal: AbortSignal): Promise<void> {
  tell({ kind: "progress", text: "setting the demo tenant up" });
  const { baseUrl, inferenceUrl, inferenceToken } = stack;
  const [tenantKey] = await Promise.all([
    seedDemo({
      baseUrl,
      operatorKey: secrets.operatorKey,
      known: secrets.demo ?? null,
      keep: (demo) => writeSecrets(files.secrets, { ...secrets, demo }),
      signal,
    }),
    warmUp(inferenceUrl, inferenceToken, signal),
  ]);
  signal.throwIfAborted();
  const facts = { baseUrl, tenantKey, operatorKey: secrets.operatorKey, inferenceUrl, pid: process.pid };
  await writeStartFacts(dataDir, facts);
  ready = true;
  tell({ kind: "ready", facts });
}

async function loadSecrets(): Promise<KeptSecrets> {
  const known = await readSecrets(files.secrets);
  if (known !== null) return known;
  const secrets = mintSecrets();
  await writeSecrets(files.secrets, secrets);
  return secrets;
}

async function forget(): Promise<void> {
  const { postgres, worker, secrets, start } = files;
  await Promise.all([postgres, worker, secrets, start].map((path) => rm(path, { recursive: true, force: true })));
}

async function recordProcesses(): Promise<void> {
  const pids = await childProcesses();
  const marks = await Promise.all(pids.map(async (pid) => ({ pid, contains: (await commandOf(pid)) ?? "" })));
  await recordChildren(
    dataDir,
    self,
    marks.filter(({ contains }) => contains !== ""),
  );
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null));
  });
}

function tell(message: HostMessage): void {
  if (process.connected) process.send?.(message);
}

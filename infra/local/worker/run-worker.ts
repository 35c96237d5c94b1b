import type { WriteStream } from "node:fs";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, MiniflareCoreError } from "miniflare";
import { assertFree } from "../free-port.ts";
import type { WorkerBuild } from "./build-worker.ts";

export interface WorkerOptions {
  readonly build: WorkerBuild;
  /** TCP port on loopback; a free one when 0. */
  readonly port: number;
  /** Variables and secrets of `edge/env.ts`; they win over wrangler.toml's. */
  readonly variables: (baseUrl: string) => Readonly<Record<string, string>>;
  readonly log: WriteStream;
  /** Called when workerd had crashed and runs again. */
  readonly onRestart: () => Promise<void>;
  /** Seconds between two runs of `scheduled`, which Miniflare leaves to others; never when absent. */
  readonly tickSeconds?: number;
}

export interface RunningWorker {
  readonly baseUrl: string;
  /** Seconds that a receipt may wait in the queue for its batch to fill. */
  readonly queueWaitSeconds: number;
  /** Runs `scheduled` as if it were that instant. */
  tick(at: Date): Promise<void>;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const ATTEMPTS = 3;

/** Miniflare's own messages go where the worker's do. */
class FileLog extends Log {
  readonly #file: WriteStream;
  constructor(file: WriteStream) {
    super(LogLevel.WARN);
    this.#file = file;
  }
  override log(message: string): void {
    this.#file.write(`${message}\n`);
  }
}

/** Runs the bundled worker in workerd, its socket straight on the worker as in production, with queues by Miniflare. */
export async function runWorker(options: WorkerOptions): Promise<RunningWorker> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runWorkerAt(await assertFree(options.port), options);
    } catch (error) {
      // The worker is told its address before it has it, so a free port may be another's by then.
      const taken = error instanceof MiniflareCoreError && error.code === "ERR_ADDRESS_IN_USE";
      if (!taken || options.port !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}

async function runWorkerAt(port: number, options: WorkerOptions): Promise<RunningWorker> {
  const { build, log } = options;
  const baseUrl = `http://${HOST}:${port}`;
  const miniflare = withoutSignalHandlers(
    () =>
      new Miniflare(
        convertV4MiniflareOptions({
          name: "signalbox",
          host: HOST,
          port: 0,
          // Without this, Miniflare fetches a description of the machine's location.
          cf: false,
          unsafeHandleRuntimeRestart: options.onRestart,
          log: new FileLog(log),
          handleStructuredLogs: ({ message }) => log.write(`${message}\n`),
          ...(build.config.compatibilityDate === undefined
            ? {}
            : { compatibilityDate: build.config.compatibilityDate }),
          ...(build.config.compatibilityFlags === undefined
            ? {}
            : { compatibilityFlags: build.config.compatibilityFlags }),
          ...(build.config.queueProducers === undefined ? {} : { queueProducers: build.config.queueProducers }),
          ...(build.config.queueConsumers === undefined ? {} : { queueConsumers: build.config.queueConsumers }),
          durableObjects: { USAGE_SPOOL: { className: "UsageSpool", useSQLite: true } },
          bindings: { ...build.config.bindings, ...options.variables(baseUrl) },
          modules: [{ type: "ESModule", path: "worker.js", contents: build.source }],
          unsafeDirectSockets: [{ host: HOST, port }],
        }),
      ),
  );
  try {
    await miniflare.ready;
  } catch (error) {
    await miniflare.dispose().catch(() => undefined);
    throw error;
  }
  const ticking = options.tickSeconds === undefined ? null : tickEvery(miniflare, options.tickSeconds);
  return {
    baseUrl,
    queueWaitSeconds: queueWait(build),
    async tick(at) {
      const worker = await miniflare.getWorker();
      const { outcome } = await worker.scheduled({ scheduledTime: at, cron: "* * * * *" });
      if (outcome !== "ok") throw new Error(`the worker's jobs ended: ${outcome}`);
    },
    stop: async () => {
      if (ticking !== null) clearInterval(ticking);
      await miniflare.dispose();
    },
  };
}

/** A tick that fails has said so in the worker's log, and the next one goes on. */
function tickEvery(miniflare: Miniflare, seconds: number): NodeJS.Timeout {
  return setInterval(() => {
    miniflare
      .getWorker()
      .then((worker) => worker.scheduled({ cron: "* * * * *" }))
      .catch(() => undefined);
  }, seconds * 1000);
}

/** Miniflare would end this process on a signal; whoever runs the worker stops it in its own order. */
function withoutSignalHandlers<T>(make: () => T): T {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const before = signals.map((signal) => process.listeners(signal));
  const made = make();
  signals.forEach((signal, index) => {
    for (const listener of process.listeners(signal)) {
      if (before[index]?.includes(listener) !== true) process.off(signal, listener);
    }
  });
  return made;
}

function queueWait(build: WorkerBuild): number {
  const consumers = build.config.queueConsumers;
  if (consumers === undefined || Array.isArray(consumers)) return 0;
  return Math.max(0, ...Object.values(consumers).map((consumer) => consumer.maxBatchTimeout ?? 0));
}

import { mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { V4WorkerOptions } from "miniflare";
import { runProgram, type ProgramOptions } from "../run-program.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CONFIG = join(ROOT, "wrangler.toml");
const PRINT_CONFIG = fileURLToPath(new URL("print-config.ts", import.meta.url));

export interface WorkerBuild {
  readonly source: string;
  /** What wrangler.toml says: compatibility date, vars, queues. */
  readonly config: Pick<
    V4WorkerOptions,
    "compatibilityDate" | "compatibilityFlags" | "bindings" | "queueProducers" | "queueConsumers"
  >;
}

/**
 * Bundles the worker as a deployment would, by wrangler and from wrangler.toml, into `outDir`; another worker than that
 * file's where an `entry` is named.
 */
export async function buildWorker(outDir: string, signal: AbortSignal, entry?: string): Promise<WorkerBuild> {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin/wrangler.js");
  const { PATH, HOME } = process.env;
  // Nothing is sent, and nothing written outside of `outDir`.
  const quiet = { WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: outDir, XDG_CONFIG_HOME: outDir };
  const env = { PATH, HOME, ...quiet, NO_COLOR: "1", CI: "1" };
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const options: ProgramOptions = { cwd: ROOT, env, signal };
  const [config] = await Promise.all([
    runProgram(PRINT_CONFIG, [CONFIG], options),
    runProgram(
      wrangler,
      ["deploy", ...(entry === undefined ? [] : [entry]), "--dry-run", "--config", CONFIG, "--outdir", outDir],
      options,
    ),
  ]);
  return {
    source: await readFile(join(outDir, "worker.js"), "utf8"),
    config: JSON.parse(config) as WorkerBuild["config"],
  };
}

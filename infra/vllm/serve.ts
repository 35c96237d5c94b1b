import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort } from "../local/free-port.ts";
import type { InstalledServer } from "./install.ts";

const LOG = fileURLToPath(new URL("../../.signalbox/vllm/server.log", import.meta.url));
const STARTS_WITHIN_MS = 300_000;
const ASKS_EVERY_MS = 500;
/** Of bfloat16 logits two are often equal, and which one a model then writes depends on what shares its step. */
const PRECISION = ["--dtype", "float32"];
/** Tokens of a cache block, 128 on a CPU by default: what follows the last whole block is computed again each time. */
const BLOCKS = ["--block-size", "32"];
const OPTIONS = [
  ...PRECISION,
  ...BLOCKS,
  "--max-model-len",
  "4096",
  "--enforce-eager",
  "--enable-prompt-tokens-details",
  "--max-logprobs",
  "64",
];

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts vLLM with a model folder on a free port of loopback; resolves when it is healthy. Nothing is downloaded. */
export async function serveModel(installed: InstalledServer, folder: string, model: string): Promise<RunningServer> {
  const port = String(await freePort());
  const log = createWriteStream(LOG);
  await once(log, "open");
  const child = spawn(
    installed.command,
    ["serve", folder, "--host", "127.0.0.1", "--port", port, "--served-model-name", model, ...OPTIONS],
    {
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        HF_HUB_OFFLINE: "1",
        VLLM_CPU_KVCACHE_SPACE: "1",
        VLLM_NO_USAGE_STATS: "1",
        DO_NOT_TRACK: "1",
        LD_PRELOAD: installed.preload,
      },
      stdio: ["ignore", log, log],
    },
  );
  const exited = once(child, "close");
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    log.end();
  };
  const until = performance.now() + STARTS_WITHIN_MS;
  while (child.exitCode === null && performance.now() < until) {
    const healthy = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return { url, pid: child.pid ?? 0, stop };
    await new Promise((resolve) => setTimeout(resolve, ASKS_EVERY_MS));
  }
  await stop();
  throw new Error(`vLLM did not start; ${LOG} says why`);
}

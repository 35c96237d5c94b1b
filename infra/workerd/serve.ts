/**
 * Runs the worker on a host of one's own: `SPOOL_DIR=/var/lib/signalbox npm run serve`, with the variables of
 * `edge/env.ts`. `HOST` (127.0.0.1) and `PORT` (8787) say where it listens. SIGTERM and SIGINT drain it: `/readyz` says
 * so, new requests are served for `DRAIN_NOTICE_MS` (5000) more so that balancers can turn away, requests that run then
 * go on to their end, the database gets the receipts that wait, for at most `FLUSH_MS` (10000), and the process exits
 * with 0. Receipts that it did not get stay in SPOOL_DIR.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { VARIABLES } from "../../edge/env.ts";
import { buildWorker } from "../local/worker/build-worker.ts";
import { emptySpool } from "./empty-spool.ts";
import { runWorkerd, type WorkerdOptions } from "./run-workerd.ts";

const BUILD_LIMIT_MS = 120_000;
const TICK_MS = 60_000;

async function main(): Promise<void> {
  const { SPOOL_DIR, HOST = "127.0.0.1", PORT = "8787", DRAIN_NOTICE_MS = "5000", FLUSH_MS = "10000" } = process.env;
  if (SPOOL_DIR === undefined || SPOOL_DIR === "") throw new Error("SPOOL_DIR is not set");
  const noticeMs = count("DRAIN_NOTICE_MS", DRAIN_NOTICE_MS);
  const flushMs = count("FLUSH_MS", FLUSH_MS);
  const given = VARIABLES.map((name) => [name, process.env[name]] as const);
  const folder = await mkdtemp(join(tmpdir(), "signalbox-worker-"));
  try {
    const build = await buildWorker(join(folder, "build"), AbortSignal.timeout(BUILD_LIMIT_MS));
    const options: WorkerdOptions = {
      build,
      folder,
      spoolFolder: resolve(SPOOL_DIR),
      host: HOST,
      port: count("PORT", PORT),
      variables: Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined)),
      onLine: (line) => console.log(line),
    };
    const worker = await runWorkerd(options);
    console.log(JSON.stringify({ event: "listening", host: HOST, port: worker.port, pid: worker.pid }));
    // Several workers that tick at once are harmless; without DATABASE_URL_JOBS it does nothing.
    const ticking = setInterval(() => {
      worker.tick().catch((error: unknown) => {
        console.error(
          JSON.stringify({ event: "tick_failed", reason: error instanceof Error ? error.message : "unknown" }),
        );
      });
    }, TICK_MS);
    const leaving = new AbortController();
    const drain = async (): Promise<void> => {
      if (leaving.signal.aborted) return;
      leaving.abort();
      await worker.leave();
      console.log(JSON.stringify({ event: "draining", notice_ms: noticeMs }));
      await pause(noticeMs);
      worker.signal("SIGTERM");
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void drain());
    const ended = await worker.exited;
    clearInterval(ticking);
    const left = leaving.signal.aborted ? await emptySpool(options, flushMs) : null;
    console.log(JSON.stringify({ event: "stopped", ended, receipts_left: left }));
    process.exitCode = leaving.signal.aborted && ended === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function count(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`${name} is not a number`);
  return Number(text);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

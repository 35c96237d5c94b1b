/**
 * `npm run simulate [-- --script FILE] [--seed N]`: a day of traffic in about two minutes, through the worker, PostgreSQL
 * and the router model as they are, by one clock. Prints what an owner sees, and leaves a report behind.
 */
import { rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runDay, type DayEvent } from "./run-day.ts";
import { readScript } from "./script.ts";
import { startService } from "./start.ts";

const MINUTE_MS = 60_000;
const FOLDER = resolve(".signalbox/simulation");

const { values } = parseArgs({ options: { script: { type: "string" }, seed: { type: "string", default: "1" } } });
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());

const script = await readScript(values.script ?? new URL("day.json", import.meta.url));
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) throw new Error("--seed must be a whole number");
await rm(FOLDER, { recursive: true, force: true });
const service = await startService({ folder: FOLDER, seed, signal: stopped.signal });
try {
  console.log(`${script.date}, seed ${seed}`);
  const { requests, reports } = await runDay(service, script, seed, print, stopped.signal);
  for (const { name, page } of reports) {
    const file = join(FOLDER, `${name.replaceAll(/[^\w-]+/g, "-")}.html`);
    await writeFile(file, page);
    console.log(`${name}'s report: ${relative(process.cwd(), file)}`);
  }
  console.log(`${requests} requests`);
} catch (error) {
  if (!stopped.signal.aborted) throw error;
  console.log("stopped");
  process.exitCode = 1;
} finally {
  await service.stop();
}

function print({ at, text }: DayEvent): void {
  const minutes = Math.floor(at / MINUTE_MS);
  const two = (value: number): string => String(value).padStart(2, "0");
  console.log(`${two(Math.floor(minutes / 60))}:${two(minutes % 60)}  ${text}`);
}

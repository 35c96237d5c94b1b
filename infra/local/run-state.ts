import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandOf, endLeftover } from "./process-identity.ts";

/** A process of a run, and a part of its command line by which it is known again. */
export interface ProcessMark {
  readonly pid: number;
  readonly contains: string;
}

interface RunState {
  readonly host: ProcessMark;
  readonly children: readonly ProcessMark[];
}

/** What `npm start` tells programs, in `start.json`. */
export interface StartFacts {
  readonly baseUrl: string;
  readonly tenantKey: string;
  readonly operatorKey: string;
  readonly inferenceUrl: string;
  /** The process that runs the stack: SIGTERM stops all of it. */
  readonly pid: number;
}

/** Another run holds the data folder. */
export class AlreadyRunningError extends Error {
  override readonly name = "AlreadyRunningError";
}

const CHILD_STOP_LIMIT_MS = 10_000;

export function runFiles(
  dataDir: string,
): Record<"run" | "start" | "secrets" | "logs" | "postgres" | "worker", string> {
  const file = (name: string): string => join(dataDir, name);
  return {
    run: file("run.json"),
    start: file("start.json"),
    secrets: file("secrets.json"),
    logs: file("logs"),
    postgres: file("postgres"),
    worker: file("worker"),
  };
}

/**
 * Takes the data folder for `host`, ending what a killed run has left over. Throws an AlreadyRunningError while another
 * run holds it.
 */
export async function claimDataDir(dataDir: string, host: ProcessMark): Promise<void> {
  const files = runFiles(dataDir);
  await mkdir(files.logs, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(files.run, stateText({ host, children: [] }), { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST") || attempt === 3) throw error;
    }
    const running = await runningHost(dataDir);
    if (running !== null) {
      const facts = await readStartFacts(dataDir);
      const where = facts === null ? "it is still starting" : facts.baseUrl;
      throw new AlreadyRunningError(`Signalbox runs already (process ${running}, ${where}). npm run stop ends it.`);
    }
    await clearRun(dataDir);
  }
}

/** Remembers the processes of this run, so that a later start or stop can end them should this one be killed. */
export async function recordChildren(
  dataDir: string,
  host: ProcessMark,
  children: readonly ProcessMark[],
): Promise<void> {
  await replace(runFiles(dataDir).run, stateText({ host, children }));
}

/** The process that holds the data folder; null when none does, whatever files say. */
export async function runningHost(dataDir: string): Promise<number | null> {
  const state = await readRunState(dataDir);
  if (state === null) return null;
  const command = await commandOf(state.host.pid);
  return command?.includes(state.host.contains) === true ? state.host.pid : null;
}

/** Ends what is left of a run that no longer holds the folder. Returns whether there was anything. */
export async function clearRun(dataDir: string): Promise<boolean> {
  const files = runFiles(dataDir);
  const state = await readRunState(dataDir);
  const ended = await Promise.all(
    (state?.children ?? []).map(({ pid, contains }) =>
      // SIGINT: PostgreSQL's fast shutdown.
      endLeftover(pid, (command) => command.includes(contains), "SIGINT", CHILD_STOP_LIMIT_MS),
    ),
  );
  await Promise.all([rm(files.run, { force: true }), rm(files.start, { force: true })]);
  return ended.includes(true);
}

export async function writeStartFacts(dataDir: string, facts: StartFacts): Promise<void> {
  await replace(runFiles(dataDir).start, `${JSON.stringify(facts, null, 2)}\n`);
}

async function readStartFacts(dataDir: string): Promise<StartFacts | null> {
  const text = await readFile(runFiles(dataDir).start, "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as StartFacts);
}

async function readRunState(dataDir: string): Promise<RunState | null> {
  const text = await readFile(runFiles(dataDir).run, "utf8").catch(() => null);
  try {
    return text === null ? null : (JSON.parse(text) as RunState);
  } catch {
    // Killed while it wrote its first line.
    return null;
  }
}

function stateText(state: RunState): string {
  return `${JSON.stringify(state)}\n`;
}

async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
}

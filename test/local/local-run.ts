import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandOf } from "../../infra/local/process-identity.ts";
import { runFiles } from "../../infra/local/run-state.ts";
import { keepLogsOf } from "../logs/kept-logs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Facts {
  readonly baseUrl: string;
  readonly tenantKey: string;
  readonly operatorKey: string;
  readonly inferenceUrl: string;
  readonly pid: number;
}

/** A program under way: `npm start` in the foreground, say. */
export interface Running {
  readonly pid: number;
  /** Resolves when the output so far holds `text`; rejects when the program ends first. */
  says(text: string): Promise<void>;
  /** Both output streams so far. */
  output(): string;
  readonly exited: Promise<number | null>;
}

/** One data folder of `npm start`, apart from all others, and the programs that use it. */
export class LocalRun {
  readonly dataDir: string;

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async make(): Promise<LocalRun> {
    return new LocalRun(await mkdtemp(join(tmpdir(), "signalbox-local-")));
  }

  start(port: number, ...flags: string[]): Running {
    return launch("infra/local/start.ts", ["--data-dir", this.dataDir, "--port", String(port), ...flags]);
  }

  stop(): Running {
    return launch("infra/local/stop.ts", ["--data-dir", this.dataDir]);
  }

  async facts(): Promise<Facts> {
    return (await this.json("start.json")) as Facts;
  }

  /** Ids of all processes that the run under way has recorded, its host first. */
  async processes(): Promise<{ pid: number; command: string }[]> {
    const { host, children } = (await this.json("run.json")) as Record<"host", { pid: number }> & {
      children: { pid: number }[];
    };
    return Promise.all(
      [host, ...children].map(async ({ pid }) => ({ pid, command: (await commandOf(pid)) ?? "ended" })),
    );
  }

  async json(name: string): Promise<unknown> {
    return JSON.parse(await readFile(join(this.dataDir, name), "utf8")) as unknown;
  }

  async remove(): Promise<void> {
    await this.stop().exited;
    await keepLogsOf(runFiles(this.dataDir).logs);
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Runs one of the repository's programs by its path. */
export function launch(script: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const watchers = new Set<() => void>();
  const hear = (chunk: Buffer): void => {
    output += chunk.toString("utf8");
    for (const watcher of watchers) watcher();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const exited = once(child, "close").then(([code]) => code as number | null);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.includes(text)) resolve();
        };
        watchers.add(look);
        look();
        void exited.then(() => reject(new Error(`ended without saying "${text}": ${output}`)));
      }),
  };
}

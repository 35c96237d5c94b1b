import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pg from "pg";
import { freePort } from "../free-port.ts";
import { endLeftover } from "../process-identity.ts";
import { postgresBinaries, type PostgresBinaries } from "./binaries.ts";
import { unprivileged, type Unprivileged } from "./unprivileged.ts";

export interface PostgresOptions {
  /** Folder of the cluster; made on the first start. Absolute. */
  readonly dataDir: string;
  /** TCP port on loopback; a free one when absent. */
  readonly port?: number;
  /** Password of the superuser `signalbox_admin`; fixed by the first start. */
  readonly password: string;
  readonly logFile: string;
  /** False for data that nobody will miss: no fsync. */
  readonly durable: boolean;
  /** Gives up starting. */
  readonly signal: AbortSignal;
}

export interface RunningPostgres {
  readonly port: number;
  readonly pid: number;
  /** Connection string of the superuser to the database `signalbox`. */
  readonly adminUrl: string;
  /** Settles when the server has ended, wanted or not. */
  readonly exited: Promise<void>;
  /** Disconnects everyone and ends the server. */
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const ADMIN = "signalbox_admin";
const DATABASE = "signalbox";
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;
const LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];

/** Starts an embedded PostgreSQL on loopback, TCP only, and makes the database `signalbox` when it is new. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const binaries = await postgresBinaries();
  const native = dirname(dirname(binaries.postgres));
  await mkdir(dirname(options.dataDir), { recursive: true });
  const user = await unprivileged(options.dataDir, [native, join(native, "lib"), join(native, "share")]);
  if (!(await exists(options.dataDir))) await initialise(options, binaries, user);
  await clearLeftover(options.dataDir);
  options.signal.throwIfAborted();
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const child = launch(options, port, binaries, user);
    const failure = await ready(child, options);
    if (failure === null) return describe(child, port, options);
    const mayRetry = options.port === undefined || !failure.includes("Address already in use");
    if (!mayRetry || attempt === 3) throw new Error(failure);
  }
}

/** The cluster appears under its name only when it is complete, so an interrupted first start leaves nothing behind. */
async function initialise(options: PostgresOptions, binaries: PostgresBinaries, user: Unprivileged): Promise<void> {
  const building = await mkdtemp(`${options.dataDir}.new-`);
  const passwordFile = `${building}.password`;
  try {
    await user.own(building);
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
    await user.own(passwordFile);
    const args = [`--pgdata=${building}`, `--username=${ADMIN}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    const child = user.spawn(binaries.initdb, [...args, ...LOCALE, ...(options.durable ? [] : ["--no-sync"])], {
      stdio: ["ignore", "ignore", "pipe"],
      cwd: dirname(options.dataDir),
      env: environment(),
      signal: options.signal,
      killSignal: "SIGKILL",
    });
    // Aborted: said by the exit too.
    child.on("error", () => undefined);
    const output = collect(child);
    const code = await exitOf(child);
    options.signal.throwIfAborted();
    if (code !== 0) throw new Error(`initdb failed: ${output().trim().split("\n").slice(-3).join(" ")}`);
    await rename(building, options.dataDir);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(building, { recursive: true, force: true, maxRetries: 10 });
  }
}

function launch(options: PostgresOptions, port: number, binaries: PostgresBinaries, user: Unprivileged): ChildProcess {
  const settings = {
    listen_addresses: HOST,
    port: String(port),
    unix_socket_directories: "",
    // A query whose client has gone is stopped soon, not when it is done.
    client_connection_check_interval: "1s",
    // Details of an error quote the values of rows.
    log_error_verbosity: "terse",
    // Passwords here are long and random: stretching them protects nothing and would cost every connection.
    scram_iterations: "1",
    ...(options.durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = user.spawn(binaries.postgres, ["-D", options.dataDir, ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: options.dataDir,
    env: environment(),
  });
  const log = createWriteStream(options.logFile, { flags: "a", mode: 0o600 });
  child.stderr?.pipe(log);
  return child;
}

/** Null once the server takes connections, else why it does not. */
async function ready(child: ChildProcess, options: PostgresOptions): Promise<string | null> {
  const output = collect(child);
  const answer = await new Promise<"ready" | "ended" | "late">((resolve) => {
    const timer = setTimeout(() => resolve("late"), START_LIMIT_MS);
    child.stderr?.on("data", () => {
      if (output().includes("database system is ready to accept connections")) resolve("ready");
    });
    child.once("error", () => resolve("ended"));
    child.once("exit", () => resolve("ended"));
    child.once("close", () => clearTimeout(timer));
  });
  if (answer === "ready") return null;
  child.kill("SIGQUIT");
  const last = output()
    .trim()
    .split("\n")
    .filter((line) => /FATAL|LOG: {2}could not|setpriv|ENOENT/.test(line))
    .join(" ");
  return `PostgreSQL did not start (${answer}): ${last} See ${options.logFile}`;
}

async function describe(child: ChildProcess, port: number, options: PostgresOptions): Promise<RunningPostgres> {
  const exited = exitOf(child).then(() => undefined);
  const stop = async (): Promise<void> => {
    child.kill("SIGINT");
    const impatience = setTimeout(() => child.kill("SIGQUIT"), STOP_LIMIT_MS);
    await exited;
    clearTimeout(impatience);
  };
  const url = (database: string): string => `postgres://${ADMIN}:${options.password}@${HOST}:${port}/${database}`;
  try {
    await ensureDatabase(url("postgres"));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pid: child.pid ?? 0, adminUrl: url(DATABASE), exited, stop };
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** A run that was killed leaves a server, or a pid file whose number another process has by now. */
async function clearLeftover(dataDir: string): Promise<void> {
  const file = join(dataDir, "postmaster.pid");
  const pid = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
  if (Number.isNaN(pid)) return;
  await endLeftover(pid, (command) => command.includes(dataDir), "SIGINT", STOP_LIMIT_MS);
  await rm(file, { force: true });
}

function environment(): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH, LC_ALL: "C", TZ: "UTC" };
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    if (text.length < 64_000) text += chunk.toString("utf8");
  });
  return () => text;
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

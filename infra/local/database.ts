import { randomBytes } from "node:crypto";
import { join } from "node:path";
import pg from "pg";
import { migrate } from "../../migrations/run-migrations.ts";
import { startBridge, type BridgeLog, type RunningBridge } from "../neon-bridge/bridge.ts";
import { startPostgres, type RunningPostgres } from "./postgres/start-postgres.ts";

const PARTITION_DAYS = 7;

export interface DatabaseOptions {
  /** Folder that holds the cluster, absolute. */
  readonly dataDir: string;
  readonly adminPassword: string;
  readonly durable: boolean;
  readonly postgresPort?: number;
  readonly bridgePort?: number;
  readonly logDir: string;
  readonly log: BridgeLog;
  /** Gives up starting. */
  readonly signal: AbortSignal;
}

export interface RunningDatabase {
  readonly postgres: RunningPostgres;
  readonly bridge: RunningBridge;
  /** Connection string of the superuser. */
  readonly adminUrl: string;
  /** Connection strings of the roles `signalbox_edge`, `signalbox_api` and `signalbox_jobs`. */
  readonly edgeUrl: string;
  readonly apiUrl: string;
  readonly jobsUrl: string;
  stop(): Promise<void>;
}

/** PostgreSQL with the migrations run, fresh passwords for its login roles, and the bridge in front of it. */
export async function startDatabase(options: DatabaseOptions): Promise<RunningDatabase> {
  const postgres = await startPostgres({
    dataDir: join(options.dataDir, "postgres"),
    password: options.adminPassword,
    durable: options.durable,
    signal: options.signal,
    logFile: join(options.logDir, "postgres.log"),
    ...(options.postgresPort === undefined ? {} : { port: options.postgresPort }),
  });
  try {
    options.signal.throwIfAborted();
    const passwords = { signalbox_edge: secret(), signalbox_api: secret(), signalbox_jobs: secret() };
    await migrate({ databaseUrl: postgres.adminUrl, passwords });
    const url = (role: keyof typeof passwords): string =>
      `postgres://${role}:${passwords[role]}@127.0.0.1:${postgres.port}/signalbox`;
    await makePartitions(url("signalbox_jobs"));
    const bridge = await startBridge({
      target: { host: "127.0.0.1", port: postgres.port },
      log: options.log,
      ...(options.bridgePort === undefined ? {} : { port: options.bridgePort }),
    });
    return {
      postgres,
      bridge,
      adminUrl: postgres.adminUrl,
      edgeUrl: url("signalbox_edge"),
      apiUrl: url("signalbox_api"),
      jobsUrl: url("signalbox_jobs"),
      stop: async () => {
        await bridge.close();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** A deployment does this daily; rows of a day without a partition wait in the DEFAULT one. */
async function makePartitions(jobsUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: jobsUrl });
  await client.connect();
  try {
    await client.query("SELECT signalbox.ensure_decision_partitions(current_date, $1)", [PARTITION_DAYS]);
  } finally {
    await client.end();
  }
}

function secret(): string {
  return randomBytes(24).toString("base64url");
}

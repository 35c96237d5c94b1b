import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { MigrationError, planMigrations, type AppliedMigration, type MigrationFile } from "./history.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
/** Any constant will do, as long as every runner takes the same. */
const LOCK_KEY = 7_225_411_983;
const LOCK_WAIT = "60s";
export const LOGIN_ROLES = ["signalbox_api", "signalbox_edge", "signalbox_jobs"] as const;

export type LoginPasswords = Partial<Record<(typeof LOGIN_ROLES)[number], string>>;

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** Folder of the SQL files; this one unless given. */
  readonly folder?: string;
  readonly passwords?: LoginPasswords;
}

/** Runs what has not run, each file in a transaction of its own, under an advisory lock. Returns the names it ran. */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const files = await readFiles(options.folder ?? FOLDER);
  const client = new pg.Client({ connectionString: options.databaseUrl, application_name: "signalbox-migrate" });
  // A connection that breaks also fails the query under way, and that is where it is reported.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query(`SET lock_timeout = '${LOCK_WAIT}'`);
    await client.query("SELECT pg_advisory_lock($1)", [LOCK_KEY]);
    const planned = planMigrations(files, await readHistory(client));
    for (const { position, name, sha256, sql } of planned) {
      await inTransaction(client, name, async () => {
        await client.query(sql);
        await client.query("RESET ROLE");
        await client.query("INSERT INTO signalbox_migrations.history (position, name, sha256) VALUES ($1, $2, $3)", [
          position,
          name,
          sha256,
        ]);
      });
    }
    await setPasswords(client, options.passwords ?? {});
    return planned.map((file) => file.name);
  } finally {
    await client.end();
  }
}

async function readFiles(folder: string): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql"));
  return Promise.all(names.map(async (name) => ({ name, sql: await readFile(`${folder}/${name}`, "utf8") })));
}

async function readHistory(client: pg.Client): Promise<AppliedMigration[]> {
  await client.query("CREATE SCHEMA IF NOT EXISTS signalbox_migrations");
  await client.query(`
    CREATE TABLE IF NOT EXISTS signalbox_migrations.history (
      position integer PRIMARY KEY,
      name text NOT NULL UNIQUE,
      sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`);
  const { rows } = await client.query<AppliedMigration>(
    "SELECT position, name, sha256 FROM signalbox_migrations.history ORDER BY position",
  );
  return rows;
}

async function inTransaction(client: pg.Client, name: string, work: () => Promise<void>): Promise<void> {
  await client.query("BEGIN");
  try {
    await work();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`${name} failed and was rolled back: ${reason}`, { cause: error });
  }
}

async function setPasswords(client: pg.Client, passwords: LoginPasswords): Promise<void> {
  for (const role of LOGIN_ROLES) {
    const password = passwords[role];
    if (password === undefined) continue;
    await client.query(`ALTER ROLE ${client.escapeIdentifier(role)} PASSWORD ${client.escapeLiteral(password)}`);
  }
}

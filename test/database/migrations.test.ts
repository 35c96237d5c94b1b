import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keepLogsOf } from "../logs/kept-logs.ts";
import { startPostgres, type RunningPostgres } from "../../infra/local/postgres/start-postgres.ts";
import { migrate } from "../../migrations/run-migrations.ts";
import { rows } from "./connect.ts";

const FOLDER = fileURLToPath(new URL("../../migrations", import.meta.url));

/** A server of its own: roles belong to a server, not to a database. */
describe("the migration runner", () => {
  let home: string;
  let server: RunningPostgres;
  let admin: pg.Client;
  let databaseUrl: string;
  let folder: string;
  let count = 0;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "signalbox-migrations-"));
    const logFile = join(home, "postgres.log");
    const signal = AbortSignal.timeout(30_000);
    server = await startPostgres({ dataDir: join(home, "pg"), password: "secret", logFile, durable: false, signal });
    admin = new pg.Client({ connectionString: server.adminUrl });
    await admin.connect();
  });
  beforeEach(async () => {
    count += 1;
    const name = `trial_${String(count)}`;
    await admin.query(`CREATE DATABASE ${name}`);
    databaseUrl = server.adminUrl.replace(/\/signalbox$/, `/${name}`);
    folder = join(home, name);
    await cp(FOLDER, folder, { recursive: true, filter: (path) => !path.endsWith(".ts") });
  });
  afterAll(async () => {
    await admin.end();
    await server.stop();
    await keepLogsOf(home);
    await rm(home, { recursive: true, force: true });
  });

  async function inDatabase<T>(work: (client: pg.Client) => Promise<T>, url = databaseUrl): Promise<T> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const history = (): Promise<{ name: string }[]> =>
    inDatabase((client) => rows(client, "SELECT name FROM signalbox_migrations.history ORDER BY position"));

  it("runs every file once and then has nothing to do", async () => {
    const ran = await migrate({ databaseUrl, folder });
    expect(ran[0]).toBe("0001_roles.sql");
    expect((await history()).map(({ name }) => name)).toEqual(ran);
    expect(await migrate({ databaseUrl, folder })).toEqual([]);
  });

  it("refuses a file that was edited after it ran", async () => {
    await migrate({ databaseUrl, folder });
    await writeFile(join(folder, "0002_tables.sql"), "SELECT 1");
    await expect(migrate({ databaseUrl, folder })).rejects.toThrow("0002_tables.sql was edited after it ran");
  });

  it("refuses a file that comes out of order", async () => {
    const ran = await migrate({ databaseUrl, folder });
    await writeFile(join(folder, "0002_squeezed_in.sql"), "SELECT 1");
    await expect(migrate({ databaseUrl, folder })).rejects.toThrow("out of order");
    await rm(join(folder, "0002_squeezed_in.sql"));
    await writeFile(join(folder, `0${String(ran.length + 102)}_from_the_future.sql`), "SELECT 1");
    await expect(migrate({ databaseUrl, folder })).rejects.toThrow("from_the_future.sql is out of order");
  });

  it("runs each file once when two runners start together", async () => {
    const both = await Promise.all([migrate({ databaseUrl, folder }), migrate({ databaseUrl, folder })]);
    const [more, none] = both.sort((a, b) => b.length - a.length);
    expect(none).toEqual([]);
    expect((await history()).map(({ name }) => name)).toEqual(more);
  });

  it("rolls a failing file back, keeps those before it, and goes on once it is mended", async () => {
    const ran = await migrate({ databaseUrl, folder });
    const next = `${String(ran.length + 1).padStart(4, "0")}_broken.sql`;
    await writeFile(join(folder, next), "CREATE TABLE public.half_done (); SELECT 1 / 0;");
    await expect(migrate({ databaseUrl, folder })).rejects.toThrow(
      `${next} failed and was rolled back: division by zero`,
    );
    const halfDone = "SELECT to_regclass('public.half_done') AS found";
    expect(await inDatabase((client) => rows(client, halfDone))).toEqual([{ found: null }]);
    await writeFile(join(folder, next), "CREATE TABLE public.half_done ();");
    expect(await migrate({ databaseUrl, folder })).toEqual([next]);
  });

  it("gives the logins passwords only from the outside", async () => {
    await migrate({ databaseUrl, folder });
    const url = (password: string): string =>
      databaseUrl.replace("signalbox_admin:secret", `signalbox_jobs:${password}`);
    const login = (password: string): Promise<unknown> =>
      inDatabase((client) => rows(client, "SELECT 1 AS one"), url(password));
    await expect(login("")).rejects.toThrow();
    await migrate({ databaseUrl, folder, passwords: { signalbox_jobs: "it's" } });
    expect(await login(encodeURIComponent("it's"))).toEqual([{ one: 1 }]);
    await expect(login("wrong")).rejects.toThrow("password authentication failed");
  });

  it("needs no superuser: a hosted database's owner is none", async () => {
    const fresh = await mkdtemp(join(tmpdir(), "signalbox-hosted-"));
    const logFile = join(fresh, "postgres.log");
    const signal = AbortSignal.timeout(30_000);
    const hosted = await startPostgres({ dataDir: join(fresh, "pg"), password: "s", logFile, durable: false, signal });
    try {
      await inDatabase(async (client) => {
        await client.query("CREATE ROLE hosted_owner LOGIN CREATEROLE CREATEDB PASSWORD 'h'");
        await client.query("CREATE DATABASE hosted OWNER hosted_owner");
      }, hosted.adminUrl);
      const ownerUrl = hosted.adminUrl
        .replace("signalbox_admin:s", "hosted_owner:h")
        .replace(/\/signalbox$/, "/hosted");
      const passwords = { signalbox_api: "a" };
      expect(await migrate({ databaseUrl: ownerUrl, folder, passwords })).not.toEqual([]);
      const apiUrl = ownerUrl.replace("hosted_owner:h", "signalbox_api:a");
      expect(await inDatabase((client) => rows(client, "SELECT * FROM signalbox.tenants"), apiUrl)).toEqual([]);
    } finally {
      await hosted.stop();
      await keepLogsOf(fresh);
      await rm(fresh, { recursive: true, force: true });
    }
  });
});

import { Client, neon, neonConfig, NeonDbError } from "@neondatabase/serverless";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBridge, type RunningBridge } from "../../infra/neon-bridge/bridge.ts";
import { connect, rows } from "./connect.ts";
import { stack } from "../stack/provided.ts";

/** Bounds the wait for what another process does; nothing is measured. */
const SOON = { timeout: 20_000 };

describe("the bridge, spoken to by Neon's own driver", () => {
  let bridge: RunningBridge;
  let admin: pg.Client;
  let url: string;
  const events: { event: string; fields: Readonly<Record<string, unknown>> }[] = [];

  beforeAll(async () => {
    admin = await connect("admin");
    url = stack().apiUrl;
    const { hostname, port } = new URL(url);
    bridge = await startBridge({
      target: { host: hostname, port: Number(port) },
      log: (event, fields) => events.push({ event, fields }),
    });
    neonConfig.fetchEndpoint = bridge.httpEndpoint;
    neonConfig.wsProxy = bridge.wsProxy;
    neonConfig.useSecureWebSocket = false;
    neonConfig.pipelineConnect = false;
  });
  afterAll(async () => {
    await bridge.close();
    await admin.end();
  });

  const post = (
    body: unknown,
    headers: Record<string, string> = { "neon-connection-string": url },
  ): Promise<Response> =>
    fetch(bridge.httpEndpoint, {
      method: "POST",
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  it("gives values the types that a direct connection gives them", async () => {
    const text = `SELECT 1 AS i, 9007199254740993::bigint AS b, 1.5::float8 AS f, 12.50::numeric AS n, true AS t,
      NULL::text AS nothing, '{"a":[1,null]}'::jsonb AS j, ARRAY['x','"y"',NULL] AS a, 'é€😀' AS u,
      '\\x00ff'::bytea AS bytes, '2026-01-02'::date IS NOT NULL AS d`;
    const [direct] = await rows(admin, text);
    const [bridged] = await neon(url).query(text);
    expect(bridged).toEqual({ ...direct, bytes: expect.anything() as unknown });
    expect(Buffer.from(bridged?.["bytes"] as Uint8Array)).toEqual(direct?.["bytes"]);
  });

  it("passes parameters of every kind as they are", async () => {
    const given = ["it's", 42, true, null, { a: ["b"] }, ["p", "q"], new Date("2026-05-06T07:08:09.010Z")];
    const [row] = await neon(url).query(
      "SELECT $1::text, $2::int, $3::bool, $4::text AS nothing, $5::jsonb, $6::text[], $7::timestamptz = '2026-05-06T07:08:09.010Z'",
      given,
      { arrayMode: true },
    );
    expect(row).toEqual(["it's", 42, true, null, { a: ["b"] }, ["p", "q"], true]);
  });

  it("tells the command, the count and the fields when asked for full results", async () => {
    const result = await neon(url, { fullResults: true }).query("SELECT x FROM generate_series(1, 3) AS x");
    expect(result).toMatchObject({ command: "SELECT", rowCount: 3, fields: [{ name: "x", dataTypeID: 23 }] });
    expect(result.rows).toEqual([{ x: 1 }, { x: 2 }, { x: 3 }]);
  });

  it("runs a batch as one transaction, with the settings it asks for", async () => {
    const sql = neon(url);
    const [set, read, how] = await sql.transaction(
      [
        sql`SELECT set_config('app.tenant_id', 'ten_a', true)`,
        sql`SELECT current_setting('app.tenant_id', true) AS tenant, txid_current_if_assigned() AS tx`,
        sql`SELECT current_setting('transaction_isolation') AS isolation, current_setting('transaction_read_only') AS ro`,
      ],
      { isolationLevel: "RepeatableRead", readOnly: true },
    );
    expect(set).toEqual([{ set_config: "ten_a" }]);
    expect(read).toMatchObject([{ tenant: "ten_a" }]);
    expect(how).toEqual([{ isolation: "repeatable read", ro: "on" }]);
  });

  it("undoes a batch as a whole when one of its statements fails", async () => {
    await admin.query("CREATE TABLE IF NOT EXISTS public.bridge_trial (n int)");
    await admin.query("GRANT USAGE ON SCHEMA public TO signalbox_api");
    await admin.query("GRANT SELECT, INSERT ON public.bridge_trial TO signalbox_api");
    try {
      const sql = neon(url);
      const failing = sql.transaction([sql`INSERT INTO public.bridge_trial VALUES (1)`, sql`SELECT 1 / 0`]);
      await expect(failing).rejects.toMatchObject({ code: "22012" });
      expect(await rows(admin, "SELECT * FROM public.bridge_trial")).toEqual([]);
    } finally {
      await admin.query("DROP TABLE public.bridge_trial");
      await admin.query("REVOKE USAGE ON SCHEMA public FROM signalbox_api");
    }
  });

  it("hands PostgreSQL's error over with all its fields", async () => {
    const error = await neon(url)
      .query("SELECT * FROM signalbox.nowhere")
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NeonDbError);
    expect(error).toMatchObject({
      code: "42P01",
      severity: "ERROR",
      message: 'relation "signalbox.nowhere" does not exist',
      position: "15",
    });
  });

  it("holds a request to one statement, as Neon does", async () => {
    await expect(neon(url).query("SELECT 1; SELECT 2")).rejects.toMatchObject({ code: "42601" });
  });

  it("lets PostgreSQL judge the login each time", async () => {
    const wrong = url.replace(/:[^:@/]+@/, ":wrong@");
    await expect(neon(wrong).query("SELECT 1")).rejects.toMatchObject({ code: "28P01" });
    expect(await neon(url).query("SELECT current_user AS who")).toEqual([{ who: "signalbox_api" }]);
    expect(await neon(stack().edgeUrl).query("SELECT current_user AS who")).toEqual([{ who: "signalbox_edge" }]);
  });

  it("leaves nothing of one request for the next on the same connection", async () => {
    const sql = neon(url);
    await sql.query("SELECT set_config('app.tenant_id', 'ten_left', false), pg_advisory_lock(4711)");
    for (let round = 0; round < 5; round += 1) {
      const [row] = await sql.query("SELECT current_setting('app.tenant_id', true) AS tenant");
      expect(["", null]).toContain(row?.["tenant"]);
    }
    // Cleaned after the answer, before the next user has it.
    await expect.poll(() => rows(admin, "SELECT FROM pg_locks WHERE objid = 4711"), SOON).toEqual([]);
  });

  it("cancels a query whose caller has gone", async () => {
    const abort = new AbortController();
    const asleep = neon(url).query("SELECT pg_sleep(3600) AS bridge_sleeper", [], {
      fetchOptions: { signal: abort.signal },
    });
    const outcome = expect(asleep).rejects.toThrow();
    const sleepers =
      "SELECT pid FROM pg_stat_activity WHERE query LIKE '%bridge_sleeper%' AND pid <> pg_backend_pid() AND state = 'active'";
    await expect.poll(() => rows(admin, sleepers), SOON).toHaveLength(1);
    abort.abort();
    await outcome;
    await expect.poll(() => rows(admin, sleepers), SOON).toEqual([]);
  });

  it("answers concurrent requests, more than it has connections", async () => {
    const sql = neon(url);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => sql.query("SELECT $1::int AS n, pg_sleep(0.01)", [n])),
    );
    expect(answers.map(([row]) => row?.["n"])).toEqual(Array.from({ length: 60 }, (_, n) => n));
  });

  it("carries a session over the WebSocket, large messages included", async () => {
    const client = new Client(url);
    await client.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT set_config('app.tenant_id', 'ten_ws', true)");
      const big = "x".repeat(3_000_000);
      const { rows: answer } = await client.query<{ same: boolean; back: string; tenant: string }>(
        "SELECT $1::text = repeat('x', 3000000) AS same, $1::text AS back, current_setting('app.tenant_id', true) AS tenant",
        [big],
      );
      expect(answer[0]).toEqual({ same: true, back: big, tenant: "ten_ws" });
      await client.query("COMMIT");
    } finally {
      await client.end();
    }
  });

  it("closes the session in PostgreSQL when the WebSocket closes", async () => {
    const client = new Client(url);
    client.on("error", () => undefined);
    await client.connect();
    const { rows: found } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const alive = "SELECT pid FROM pg_stat_activity WHERE pid = $1";
    expect(await rows(admin, alive, [found[0]?.pid])).toHaveLength(1);
    await client.end();
    await expect.poll(() => rows(admin, alive, [found[0]?.pid]), SOON).toEqual([]);
  });

  it("connects to the configured server and to no other", async () => {
    const elsewhere = url.replace(/:\d+\//, ":1/");
    await expect(neon(elsewhere).query("SELECT 1")).rejects.toThrow("names another server");
    const socket = new WebSocket(`ws://${bridge.wsProxy}?address=127.0.0.1:1`);
    await expect(new Promise((_, reject) => socket.addEventListener("error", reject))).rejects.toBeDefined();
  });

  it.each([
    ["no JSON", "{"],
    ["no query", {}],
    ["a query that is no text", { query: 1, params: [] }],
    ["parameters that are no list", { query: "SELECT 1", params: {} }],
    ["a batch of something else", { queries: ["SELECT 1"] }],
  ])("refuses %s", async (_, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ message: "not a query of Neon's HTTP protocol" });
  });

  it("refuses a request without a connection string, and unknown paths", async () => {
    expect((await post({ query: "SELECT 1", params: [] }, {})).status).toBe(400);
    expect((await fetch(bridge.httpEndpoint)).status).toBe(404);
    expect((await fetch(bridge.httpEndpoint.replace("/sql", "/healthz"))).status).toBe(200);
  });

  it("logs roles, codes and durations, never a statement, a value or a password", () => {
    expect(events.some(({ event, fields }) => event === "bridge.sql" && fields["code"] === "22012")).toBe(true);
    const text = JSON.stringify(events);
    expect(text).not.toContain("SELECT");
    expect(text).not.toContain(decodeURIComponent(new URL(url).password));
  });
});

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NOW_HEADER } from "../../infra/simulate/protocol.ts";
import { spooled } from "../../infra/workerd/empty-spool.ts";
import { connect, rows } from "../database/connect.ts";
import { FaultyProxy } from "../edge-path/faulty-proxy.ts";
import { stack } from "../stack/provided.ts";
import { mintEchoTenant } from "../stack/tenant.ts";
import { kill, prepareGround, startOwnWorkerd, type Ground, type OwnWorkerd } from "./own-workerd.ts";

const ENTRY = fileURLToPath(new URL("clocked/worker.ts", import.meta.url));
const DAY_MS = 86_400_000;
/** The last one. */
const MIDNIGHT = Math.floor(Date.now() / DAY_MS) * DAY_MS;
/** Milliseconds from midnight at which requests come. */
const EVENING = [-2_001, -1_001, -1];
const MORNING = [0, 1_000, 2_000];
const document = {
  policies: [{ name: "greetings", description: "Hello and goodbye" }],
  targets: {},
  fallback: { model: "echo-small" },
};

let admin: pg.Client;
let database: FaultyProxy;
let ground: Ground;
beforeAll(async () => {
  [admin, database, ground] = await Promise.all([
    connect("admin"),
    FaultyProxy.before(stack().httpEndpoint),
    prepareGround(ENTRY),
  ]);
  // Keys are looked up in peace.
  database.concerns = (query) => query.includes("append_decisions");
});
afterAll(async () => {
  await Promise.all([admin.end(), database.close()]);
  await ground.remove();
});

/** Sends requests at these times, and gives the ids of their decisions when the answers have ended. */
async function serveAt(worker: OwnWorkerd, key: string, times: readonly number[]): Promise<string[]> {
  const ids: string[] = [];
  for (const time of times) {
    const response = await fetch(`${worker.baseUrl}/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        [NOW_HEADER]: String(MIDNIGHT + time),
      },
      body: JSON.stringify({ model: "echo-small", messages: [{ role: "user", content: "hello" }] }),
    });
    expect([response.status, (await response.text()).includes("choices")]).toEqual([200, true]);
    ids.push(response.headers.get("x-signalbox-decision")!);
  }
  return ids;
}

const storedOf = (tenantId: string): Promise<{ id: string; day: string }[]> =>
  rows(admin, "SELECT id, day::text AS day FROM signalbox.decisions WHERE tenant_id = $1 ORDER BY id", [tenantId]);

describe("a self-hosted worker whose database is away over midnight, and which is killed then", () => {
  it.each([
    ["is cut off", "cut", false],
    ["stores receipts and cannot say so", "swallow", true],
  ] as const)("%s: each request has one row afterwards, on the day it came", async (_how, mode, arrives) => {
    const { tenant, inferenceKey } = await mintEchoTenant(document);
    const start = (): Promise<OwnWorkerd> => startOwnWorkerd(ground, mode, { databaseUrl: database.url });
    database.mode = mode;
    let worker = await start();
    const asked = database.nextRequest();
    const evening = await serveAt(worker, inferenceKey, EVENING);
    await asked;
    await kill(worker);

    worker = await start();
    const morning = await serveAt(worker, inferenceKey, MORNING);
    expect((await storedOf(tenant.id)).length > 0).toBe(arrives);
    database.mode = "pass";
    await expect.poll(() => spooled(join(ground.folder, mode)), { timeout: 60_000, interval: 200 }).toBe(0);
    const on = (time: number) => (id: string) => ({ id, day: new Date(MIDNIGHT + time).toISOString().slice(0, 10) });
    expect(await storedOf(tenant.id)).toEqual([...evening.map(on(-1)), ...morning.map(on(0))]);
    await kill(worker);
  });
});

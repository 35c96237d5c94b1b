import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SPOOL_KEY } from "../../infra/workerd/config.ts";
import { connect, rows } from "../database/connect.ts";
import { FaultyProxy } from "../edge-path/faulty-proxy.ts";
import { stack } from "../stack/provided.ts";
import { mintEchoTenant } from "../stack/tenant.ts";
import { kill, prepareGround, startOwnWorkerd, type Ground, type OwnWorkerd } from "./own-workerd.ts";

const document = {
  policies: [{ name: "greetings", description: "Hello and goodbye" }],
  targets: { greetings: { model: "echo-large" } },
  fallback: { model: "echo-small" },
};
/** What the worker asks of the database to store receipts; keys are looked up in peace. */
const stores = (body: string): boolean => /append_decisions|keep_dead_letters/.test(body);

let admin: pg.Client;
let database: FaultyProxy;
let ground: Ground;
let worker: OwnWorkerd;
let spool = 0;
let key: string;
let tenantId: string;

beforeAll(async () => {
  [admin, database, ground] = await Promise.all([
    connect("admin"),
    FaultyProxy.before(stack().httpEndpoint),
    prepareGround(),
  ]);
  database.concerns = stores;
  const { tenant, inferenceKey } = await mintEchoTenant(document);
  [key, tenantId] = [inferenceKey, tenant.id];
});
beforeEach(async () => {
  database.mode = "pass";
  spool += 1;
  worker = await start();
});
afterEach(() => kill(worker));
afterAll(async () => {
  await Promise.all([admin.end(), database.close()]);
  await ground.remove();
});

const start = (): Promise<OwnWorkerd> =>
  startOwnWorkerd(ground, `spool-${String(spool)}`, { databaseUrl: database.url });

/** Sends a request and gives its decision's id when the answer has ended. */
async function serve(stream: boolean): Promise<string> {
  const response = await fetch(`${worker.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "auto", stream, messages: [{ role: "user", content: "hello" }] }),
  });
  const text = await response.text();
  expect([response.status, stream ? text.includes("[DONE]") : text.includes("choices")]).toEqual([200, true]);
  return response.headers.get("x-signalbox-decision")!;
}

const serveSome = async (): Promise<string[]> => {
  const ids: string[] = [];
  for (const stream of [false, true, false]) ids.push(await serve(stream));
  return ids;
};

const stored = async (): Promise<string[]> => {
  const text = "SELECT id FROM signalbox.decisions WHERE tenant_id = $1 ORDER BY id";
  return (await rows<{ id: string }>(admin, text, [tenantId])).map(({ id }) => id);
};

async function expectRows(ids: readonly string[]): Promise<void> {
  await expect
    .poll(async () => (await stored()).filter((id) => ids.includes(id)), { timeout: 60_000, interval: 100 })
    .toEqual(ids.toSorted());
}

describe("a self-hosted worker that is killed", () => {
  it("when its answers have ended has their receipts on disk, and its successor stores them", async () => {
    const ids = await serveSome();
    await kill(worker);
    worker = await start();
    await expectRows(ids);
  });

  it("in the middle of a stream leaves a receipt when the client has read its end, on the very next instruction", async () => {
    database.mode = "hang";
    const response = await fetch(`${worker.baseUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "auto", stream: true, messages: [{ role: "user", content: "hello" }] }),
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; !text.includes("[DONE]");) text += (await reader.read()).value ?? "";
    await kill(worker);
    database.mode = "pass";
    worker = await start();
    await expectRows([response.headers.get("x-signalbox-decision")!]);
  });

  it.each([
    ["before the database was asked", "hang"],
    ["after the database had stored them, before it heard so", "swallow"],
  ] as const)("%s loses and doubles nothing", async (_when, mode) => {
    database.mode = mode;
    const asked = database.nextRequest();
    const ids = await serveSome();
    await asked;
    await kill(worker);
    database.mode = "pass";
    worker = await start();
    await expectRows(ids);
    expect((await stored()).filter((id) => ids.includes(id))).toHaveLength(ids.length);
  });

  it("again and again, while it serves, has one row for each request that was answered", async () => {
    const ids: string[] = [];
    for (const mode of ["swallow", "cut", "hang"] as const) {
      database.mode = mode;
      const asked = database.nextRequest();
      ids.push(...(await serveSome()));
      await asked;
      await kill(worker);
      worker = await start();
    }
    database.mode = "pass";
    await expectRows(ids);
  });
});

describe("a receipt that has been tried too often", () => {
  it("is kept as a dead letter, in the database, until it is replayed", async () => {
    database.mode = "hang";
    const asked = database.nextRequest();
    const ids = await serveSome();
    await asked;
    await kill(worker);
    await spend();
    database.mode = "pass";
    worker = await start();
    await expect.poll(dead, { timeout: 60_000, interval: 100 }).toBe(ids.length);
    expect((await stored()).filter((id) => ids.includes(id))).toEqual([]);
    const env = { ...process.env, DATABASE_URL_JOBS: stack().jobsUrl };
    const command = ["infra/launch.js", "infra/usage/dead-letters.ts", "replay"];
    await promisify(execFile)(process.execPath, command, { env });
    await expectRows(ids);
    expect(await dead()).toBe(0);
  });

  /** As if the hundred attempts of each had been made. */
  async function spend(): Promise<void> {
    const folder = join(ground.folder, `spool-${String(spool)}`, SPOOL_KEY);
    for (const file of (await readdir(folder)).filter((name) => /^[0-9a-f]+\.sqlite$/.test(name))) {
      const spooled = new DatabaseSync(join(folder, file));
      spooled.exec("update receipts set attempts = 100, due = 0");
      spooled.close();
    }
  }

  async function dead(): Promise<number> {
    const text = "SELECT count(*)::integer AS n FROM signalbox.dead_letters WHERE tenant_id = $1";
    return (await rows<{ n: number }>(admin, text, [tenantId]))[0]!.n;
  }
});

describe("a self-hosted worker whose database is away", () => {
  it("keeps receipts until it is back", async () => {
    database.mode = "cut";
    const asked = database.nextRequest();
    const ids = await serveSome();
    await asked;
    expect((await stored()).filter((id) => ids.includes(id))).toEqual([]);
    database.mode = "pass";
    await expectRows(ids);
  });
});

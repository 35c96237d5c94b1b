import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { resealCredentials } from "../../edge/jobs/reseal-credentials.ts";
import { connect, rows } from "../database/connect.ts";
import { jobsDatabase } from "../jobs/jobs-database.ts";
import { callAt, mintTenant, type TestTenant } from "../stack/tenant.ts";
import { StandIn } from "../upstreams/stand-in.ts";
import { kill, prepareGround, startOwnWorkerd, type Ground, type OwnWorkerd } from "./own-workerd.ts";

/** Of this test alone: the job moves what other tests have sealed under other keys to none of these. */
const ringKey = (id: string, fill: number) => ({ id, key: Buffer.alloc(32, fill).toString("base64") });
const OLD = ringKey("ring-test-old", 7);
const NEW = ringKey("ring-test-new", 8);
const SECRET = "sk-opened-under-either-key";
const COMPLETION = {
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
};

let ground: Ground;
let admin: pg.Client;
let upstream: StandIn;
let tenant: TestTenant;
let key: string;
const running: OwnWorkerd[] = [];

beforeAll(async () => {
  [ground, admin, upstream, tenant] = await Promise.all([
    prepareGround(),
    connect("admin"),
    StandIn.start(),
    mintTenant(),
  ]);
  key = await tenant.key();
  upstream.answer((call) =>
    call.json(JSON.stringify(COMPLETION), call.headers.authorization === `Bearer ${SECRET}` ? 200 : 401),
  );
});
afterAll(async () => {
  await Promise.all(running.map((worker) => kill(worker)));
  await Promise.all([admin.end(), upstream.stop()]);
  await ground.remove();
});

async function start(name: string, ring: readonly (typeof OLD)[]): Promise<OwnWorkerd> {
  const credentialKeys = ring.map(({ id, key }) => `${id}:${key}`).join();
  const worker = await startOwnWorkerd(ground, name, { credentialKeys });
  running.push(worker);
  return worker;
}

async function make(worker: OwnWorkerd, path: string, body: object): Promise<void> {
  const answer = await callAt(worker.baseUrl, `/api/v1${path}`, tenant.adminKey, { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
}

async function ask(worker: OwnWorkerd): Promise<number> {
  const body = { model: "m", messages: [{ role: "user", content: "hi" }] };
  return (await callAt(worker.baseUrl, "/v1/chat/completions", key, { body })).status;
}

/** The statuses of requests through all workers, from before something happens until some after it. */
async function flow(workers: readonly OwnWorkerd[], happens: () => Promise<void>): Promise<number[]> {
  const state = { over: false };
  const statuses = workers.map(async (worker) => {
    const seen = [await ask(worker)];
    while (!state.over) seen.push(await ask(worker));
    for (let more = 0; more < 5; more += 1) seen.push(await ask(worker));
    return seen;
  });
  await happens();
  state.over = true;
  return (await Promise.all(statuses)).flat();
}

const keyOf = async (): Promise<unknown> => {
  const text = "select credential ->> 'key_id' as key_id from signalbox.providers where tenant_id = $1";
  return (await rows<{ key_id: string }>(admin, text, [tenant.id]))[0]?.key_id;
};

it("a new key of the ring takes over while requests flow, and the old one can go", async () => {
  const before = await start("before", [OLD]);
  const provider = { slug: "p", kind: "openai-compatible", base_url: upstream.baseUrl, credential: SECRET };
  await make(before, "/providers", provider);
  await make(before, "/models", { slug: "m", provider: "p", upstream_model: "m" });
  expect(await keyOf()).toBe(OLD.id);

  // As it is rolled out: first all know the new key, then it comes to the front, then the old one goes.
  const [knows, leads] = [await start("knows", [OLD, NEW]), await start("leads", [NEW, OLD])];
  const through = await flow([knows, leads], async () => {
    const env = { CREDENTIAL_KEYS: [NEW, OLD] };
    await resealCredentials({ env, jobs: jobsDatabase(), log: () => undefined }, () => true);
    expect(await keyOf()).toBe(NEW.id);
  });
  expect(new Set(through)).toEqual(new Set([200]));

  const after = await start("after", [NEW]);
  expect(await ask(after)).toBe(200);
  expect(new Set(upstream.calls.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${SECRET}`]));
});

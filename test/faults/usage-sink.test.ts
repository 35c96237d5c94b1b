import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consumeUsage, type ConsumerDeps, type QueuedBatch } from "../../edge/usage/consumer.ts";
import { consumeDeadLetters } from "../../edge/usage/dead-letters.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { QueueSink } from "../../edge/usage/queue-sink.ts";
import type { EdgeDatabase } from "../../edge/db/edge-database.ts";
import { connect, rows } from "../database/connect.ts";
import { makeFullTenant, newId, tenantReceipt } from "../database/full-tenant.ts";
import { FaultyProxy } from "../edge-path/faulty-proxy.ts";
import { ManualClock } from "../edge-path/manual-clock.ts";
import { edgeDatabase } from "../jobs/jobs-database.ts";
import { stack } from "../stack/provided.ts";
import { Broker } from "./broker.ts";
import { Fuse } from "./fuse.ts";

const DELIVERY = { maxBatch: 100, maxRetries: 100, visibilityMs: 60_000 };
const DAY_MS = 86_400_000;

let admin: pg.Client;
let proxy: FaultyProxy;
let database: EdgeDatabase;
let tenantId: string;
beforeAll(async () => {
  admin = await connect("admin");
  proxy = await FaultyProxy.before(stack().httpEndpoint);
  database = edgeDatabase(proxy.url);
  tenantId = (await makeFullTenant(admin)).id;
});
afterAll(() => Promise.all([admin.end(), proxy.close()]));

/** Receipts of requests that came at the clock's time. */
function receipts(clock: ManualClock, count: number): DecisionRecord[] {
  return Array.from({ length: count }, () =>
    tenantReceipt(tenantId, {
      id: newId("decision", clock.now()),
      created_at: new Date(clock.now()).toISOString(),
    }),
  );
}

/** A receipt that no row can hold, so that the database refuses its batch. */
const unstorable = (record: DecisionRecord): DecisionRecord => ({ ...record, http_status: 1e12 });

/** How many rows each receipt has become. */
async function rowsOf(records: readonly DecisionRecord[]): Promise<number[]> {
  const counted = await rows<{ n: number }>(
    admin,
    `SELECT (SELECT count(*)::integer FROM signalbox.decisions WHERE id = asked.id) AS n
     FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, place) ORDER BY place`,
    [records.map(({ id }) => id)],
  );
  return counted.map(({ n }) => n);
}

const letters = (): Promise<{ body: string; reason: string }[]> =>
  rows(admin, "SELECT body, reason FROM signalbox.dead_letters WHERE tenant_id = $1 ORDER BY since, digest", [
    tenantId,
  ]);

/** The consumer's world, in which each call to the database is two awaits that it may die at. */
function consumerDeps(clock: ManualClock, fuse: Fuse, db: Pick<EdgeDatabase, "query"> = database): ConsumerDeps {
  const query: EdgeDatabase["query"] = async <T>(...asked: Parameters<EdgeDatabase["query"]>): Promise<T[]> => {
    await fuse.point("asking the database");
    const answer = await db.query<T>(...asked);
    await fuse.point("hearing that it is stored");
    return answer;
  };
  return { db: { edge: { query } }, log: () => undefined, sleep: clock.sleep };
}

/** Delivers until nothing waits, by processes that do not die. */
async function deliverAll(broker: Broker, clock: ManualClock): Promise<void> {
  const whole = new Fuse(null);
  while (broker.waiting > 0) {
    await clock.advance(DELIVERY.visibilityMs);
    await broker.deliver((batch) => consumeUsage(consumerDeps(clock, whole), batch), whole.died);
  }
}

describe("a queue's consumer that is killed", () => {
  it("at any of its awaits leaves one row for each request, and one dead letter for what no row can hold", async () => {
    const points = await killedAt(null);
    expect(points.length).toBeGreaterThanOrEqual(2);
    for (let at = 0; at < points.length; at += 1) await killedAt(at);
  });

  async function killedAt(at: number | null): Promise<readonly string[]> {
    const clock = new ManualClock();
    const broker = new Broker(clock, DELIVERY);
    const [bad, ...good] = receipts(clock, 4);
    const before = (await letters()).length;
    for (const record of [...good, unstorable(bad!)]) await broker.send(record);
    const fuse = new Fuse(at);
    await broker.deliver((batch) => consumeUsage(consumerDeps(clock, fuse), batch), fuse.died);
    await deliverAll(broker, clock);
    expect(await rowsOf([...good, bad!]), `killed at ${String(at)}`).toEqual([1, 1, 1, 0]);
    expect((await letters()).length - before, `killed at ${String(at)}`).toBe(1);
    return fuse.passed;
  }
});

describe("a queue that fails its producer", () => {
  it.each([
    ["before it took a receipt", 0],
    ["after it took a receipt", 1],
  ])("%s still leads to one row", async (_when, takesFirst) => {
    const clock = new ManualClock();
    const broker = new Broker(clock, DELIVERY);
    const [record] = receipts(clock, 1);
    let sends = 0;
    const send = async (body: unknown): Promise<void> => {
      sends += 1;
      if (sends > 1 || takesFirst === 1) await broker.send(body);
      if (sends === 1) throw new Error("connection reset");
    };
    const appending = new QueueSink({ queue: { send }, db: database, sleep: clock.sleep }).append(record!);
    await clock.advance(10_000);
    await appending;
    await deliverAll(broker, clock);
    expect([sends, await rowsOf([record!])]).toEqual([2, [1]]);
  });

  it("for as long as it is asked is gone past, to the database", async () => {
    const clock = new ManualClock();
    const [record] = receipts(clock, 1);
    const send = (): Promise<void> => Promise.reject(new Error("no such queue"));
    const appending = new QueueSink({ queue: { send }, db: database, sleep: clock.sleep }).append(record!);
    await clock.advance(10_000);
    await appending;
    expect(await rowsOf([record!])).toEqual([1]);
  });
});

describe("a database that is away for two minutes", () => {
  it.each(["cut", "hang"] as const)("(%s) at midnight has one row for each request afterwards", async (mode) => {
    const clock = new ManualClock();
    const broker = new Broker(clock, DELIVERY);
    // The minute before midnight.
    await clock.advance(DAY_MS - (clock.now() % DAY_MS) - 60_000);
    const days = new Set<string>();
    const sent: DecisionRecord[] = [];
    const whole = new Fuse(null);
    const consume = (batch: QueuedBatch): Promise<void> => consumeUsage(consumerDeps(clock, whole), batch);
    proxy.mode = mode;
    for (const endsAt = clock.now() + 120_000; clock.now() < endsAt;) {
      const [record] = receipts(clock, 1);
      sent.push(record!);
      days.add(record!.created_at.slice(0, 10));
      await broker.send(record);
      const delivering = broker.deliver(consume, whole.died);
      // What hangs is given up by the clock; what is cut off ends by itself.
      if (mode === "hang") await clock.advance(10_000);
      await delivering;
      await clock.advance(5_000);
    }
    expect([days.size, broker.waiting]).toEqual([2, sent.length]);
    expect(await rowsOf(sent)).toEqual(sent.map(() => 0));

    proxy.mode = "pass";
    while (broker.waiting > 0) {
      await clock.advance(1_000);
      await broker.deliver(consume, whole.died);
    }
    expect(await rowsOf(sent)).toEqual(sent.map(() => 1));
    expect(broker.dead).toEqual([]);
    // Sent once more, and on another day than before: nothing is doubled.
    await clock.advance(DAY_MS);
    for (const record of sent) await broker.send(record);
    await broker.deliver(consume, whole.died);
    expect(await rowsOf(sent)).toEqual(sent.map(() => 1));
  });
});

describe("dead letters", () => {
  const replay = async (...args: string[]): Promise<string> => {
    const launch = ["infra/launch.js", "infra/usage/dead-letters.ts", ...args];
    const env = { ...process.env, DATABASE_URL_JOBS: stack().jobsUrl };
    return (await promisify(execFile)(process.execPath, launch, { env })).stdout;
  };

  it("are what a queue gives up on, wait in the database, and become rows when they are replayed", async () => {
    const clock = new ManualClock();
    const once = { ...DELIVERY, maxRetries: 0 };
    const [usage, dead] = [new Broker(clock, once), new Broker(clock, DELIVERY)];
    const given = receipts(clock, 3);
    for (const record of given) await usage.send(record);
    const whole = new Fuse(null);
    const failing = { query: () => Promise.reject(new TypeError("no such function")) };
    await usage.deliver((batch) => consumeUsage(consumerDeps(clock, whole, failing), batch), whole.died);
    expect([usage.waiting, usage.dead]).toEqual([0, given]);

    for (const body of [...usage.dead, usage.dead[0]]) await dead.send(body);
    // The consumer of dead letters dies after the database has them: they are there once all the same.
    const fuse = new Fuse(1);
    await dead.deliver((batch) => consumeDeadLetters(consumerDeps(clock, fuse), batch), fuse.died);
    await clock.advance(DELIVERY.visibilityMs);
    await dead.deliver((batch) => consumeDeadLetters(consumerDeps(clock, whole), batch), whole.died);
    expect([dead.waiting, await rowsOf(given)]).toEqual([0, [0, 0, 0]]);
    expect(await replay("list")).toMatch(/\d+ waiting since .*: gave_up/);

    expect(await replay("replay")).toMatch(/^replayed [1-9]/);
    expect(await rowsOf(given)).toEqual([1, 1, 1]);
    expect(await replay("replay")).toMatch(/^replayed 0/);
    expect(await rowsOf(given)).toEqual([1, 1, 1]);
  });

  it("that still cannot be rows stay, whatever they hold", async () => {
    const clock = new ManualClock();
    const dead = new Broker(clock, DELIVERY);
    const whole = new Fuse(null);
    const marked = `${tenantId}-kept`;
    for (const body of [marked, null, { id: `a\u0000${marked}` }, { tenant_id: tenantId, id: marked }])
      await dead.send(body);
    await dead.deliver((batch) => consumeDeadLetters(consumerDeps(clock, whole), batch), whole.died);
    expect(dead.waiting).toBe(0);
    expect(await replay("replay")).toMatch(/refused again [1-9]/);
    const kept = await rows(admin, "SELECT reason FROM signalbox.dead_letters WHERE position($1 IN body) > 0", [
      marked,
    ]);
    expect(kept).toHaveLength(3);
  });
});

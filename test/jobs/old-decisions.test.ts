import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { recordFeedback } from "../../edge/feedback/record.ts";
import { tick } from "../../edge/jobs/tick.ts";
import { sleep } from "../../edge/sleep.ts";
import { connect, refusal, rows } from "../database/connect.ts";
import { newId } from "../database/full-tenant.ts";
import { append, receipt } from "../management/receipt.ts";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { aloneAtJobs } from "./alone-at-jobs.ts";
import { edgeDatabase, jobsDatabase } from "./jobs-database.ts";
import { directSink } from "./run-evaluations.ts";

const DAY_MS = 86_400_000;
/** Long before the days that other tests use: what is dropped here is nobody else's. */
const FIRST = Date.parse("2003-05-01T10:00:00Z");
const KEPT_DAYS = 31;
const ENV = { ENGINE_PRICES: {}, OTLP_ENDPOINT: undefined, OTLP_HEADERS: {} };

describe("decisions of days that are not kept", () => {
  let admin: pg.Client;
  let tenant: TestTenant;
  let other: TestTenant;
  let logged: string[];
  // Each test has a month of its own, later than those before: what is gone stays gone.
  let day = FIRST;

  beforeAll(async () => {
    admin = await connect("admin");
    await aloneAtJobs(admin);
  }, 120_000);
  beforeEach(async () => {
    [tenant, other] = [await mintTenant(), await mintTenant()];
    day += 100 * DAY_MS;
    logged = [];
  });
  afterAll(() => admin.end());

  const tickAt = (now: number): Promise<void> =>
    tick({
      env: { ...ENV, CREDENTIAL_KEYS: [], DECISION_RETENTION_DAYS: KEPT_DAYS },
      db: { jobs: jobsDatabase() },
      decider: { decide: () => Promise.resolve({ source: "fallback:unavailable", decideMs: 0 }) },
      now: () => now,
      usage: directSink,
      newId,
      fetch,
      sleep,
      log: (_level, event, fields) => {
        if (event === "job_failed") logged.push(JSON.stringify(fields));
      },
    });
  const partition = (ms: number): string => `decisions_${new Date(ms).toISOString().slice(0, 10).replaceAll("-", "")}`;
  const exists = async (name: string): Promise<boolean> =>
    (await rows(admin, "select where to_regclass('signalbox.' || $1) is not null", [name])).length === 1;
  const stored = async (owner: TestTenant): Promise<string[]> =>
    (await rows<{ id: string }>(admin, "select id from signalbox.decisions where tenant_id = $1", [owner.id])).map(
      ({ id }) => id,
    );
  const usage = async (owner: TestTenant) => {
    const [from, to] = [day - 10 * DAY_MS, day + 60 * DAY_MS].map((ms) => new Date(ms).toISOString());
    return (await owner.api(`/usage?from=${String(from)}&to=${String(to)}`)).body;
  };

  it("have a partition before they come, and lose it when they are old; their sums are kept", async () => {
    await tickAt(day);
    for (const ahead of [0, 1, 7]) expect(await exists(partition(day + ahead * DAY_MS)), String(ahead)).toBe(true);
    const [old, kept] = [receipt(tenant.id, day), receipt(tenant.id, day + DAY_MS)];
    await append([old, kept, receipt(other.id, day)]);
    const before = [await usage(tenant), await usage(other)];

    await tickAt(day + KEPT_DAYS * DAY_MS);
    expect(await stored(tenant), "the last day that is kept").toEqual([old.id, kept.id]);
    await tickAt(day + (KEPT_DAYS + 1) * DAY_MS);
    expect([await stored(tenant), await stored(other)]).toEqual([[kept.id], []]);
    expect(await exists(partition(day))).toBe(false);
    expect([await usage(tenant), await usage(other)]).toEqual(before);
    expect((await tenant.api(`/decisions/${old.id}`)).status).toBe(404);
    expect(logged).toEqual([]);
  });

  it("take their feedback with them, and no other", async () => {
    const [old, kept, theirs] = [receipt(tenant.id, day), receipt(tenant.id, day + DAY_MS), receipt(other.id, day)];
    await append([old, kept, theirs]);
    const deps = { db: { edge: edgeDatabase() } as never, newId, now: () => day };
    for (const { id: decision, tenant_id: tenantId } of [old, kept, theirs]) {
      const event = { decision, score: 1, metric: "overall", label: null, comment: null };
      const sender = { tenantId, source: "inference", sourceId: "key_a" } as const;
      expect(await recordFeedback(deps, sender, [event], day)).toMatchObject([{ ok: true }]);
    }
    const left = async (owner: TestTenant): Promise<string[]> =>
      ((await owner.api("/feedback")).body.data as { decision: string }[]).map(({ decision }) => decision);
    await tickAt(day + KEPT_DAYS * DAY_MS);
    expect([await left(tenant), await left(other)]).toEqual([[kept.id, old.id], [theirs.id]]);
    await tickAt(day + (KEPT_DAYS + 1) * DAY_MS);
    expect([await left(tenant), await left(other)]).toEqual([[kept.id], []]);
    expect(logged).toEqual([]);
  });

  it("are taken no more: a late row or a replay is left out, and changes no sum", async () => {
    const replayed = receipt(tenant.id, day);
    await append([replayed]);
    await tickAt(day + 40 * DAY_MS);
    const before = await usage(tenant);
    expect(before.data).toMatchObject([{ requests: 1 }]);
    const kept = receipt(tenant.id, day + 20 * DAY_MS);
    await append([replayed, receipt(tenant.id, day + 1), kept]);
    expect(await stored(tenant)).toEqual([kept.id]);
    await tickAt(day + 41 * DAY_MS);
    expect((await usage(tenant)).data).toMatchObject([...before.data, { requests: 1 }]);
  });

  it("go from the DEFAULT partition too, where rows wait whose day never had one", async () => {
    const waiting = [receipt(tenant.id, day), receipt(other.id, day)];
    await append(waiting);
    const part = "select distinct tableoid::regclass::text as part from signalbox.decisions where tenant_id = $1";
    expect(await rows(admin, part, [tenant.id])).toEqual([{ part: "signalbox.decisions_default" }]);
    await tickAt(day + 40 * DAY_MS);
    expect([await stored(tenant), await stored(other)]).toEqual([[], []]);
    expect((await usage(tenant)).data).toMatchObject([{ requests: 1 }]);
  });

  it("stay until they are summed up", async () => {
    await append([receipt(tenant.id, day)]);
    const since = new Date(day + DAY_MS).toISOString().slice(0, 10);
    const jobs = await connect("jobs");
    const [row] = await rows(jobs, "select signalbox.remove_old_decisions($1, 1000) as more", [since]);
    expect([row, (await stored(tenant)).length]).toEqual([{ more: false }, 1]);
    expect(await refusal(jobs.query("select signalbox.remove_old_decisions('2001-01-01', 0)"))).toBe("22023");
    await jobs.end();
  });

  it("are tried again later when somebody reads them just now", async () => {
    await tickAt(day);
    await append([receipt(tenant.id, day)]);
    const reader = await connect("admin");
    await reader.query("begin");
    await reader.query(`select * from signalbox.${partition(day)}`);
    await tickAt(day + 40 * DAY_MS);
    expect([logged.length, await stored(tenant)]).toMatchObject([1, [expect.any(String)]]);
    await reader.query("rollback");
    await reader.end();
    await tickAt(day + 40 * DAY_MS);
    expect(await stored(tenant)).toEqual([]);
  });
});

import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rollUpUsage } from "../../edge/jobs/jobs.store.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { connect, rows } from "../database/connect.ts";
import { append, receipt } from "../management/receipt.ts";
import { stack } from "../stack/provided.ts";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { aloneAtJobs } from "./alone-at-jobs.ts";
import { jobsDatabase } from "./jobs-database.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.parse("2026-02-10T12:00:00Z");
/** A day later all of these hours are over. */
const AFTERWARDS = new Date(NOON + 24 * HOUR_MS).toISOString();
const TIME = "from=2026-02-10T00:30:00Z&to=2026-02-10T20:45:00Z";

/** Sums an independent reader makes of the rows: written again here, so that it can disagree. */
const FROM_ROWS = `
  select to_char(created_at at time zone 'UTC', 'HH24') as hour, model, policy, key_id, router,
    count(*) filter (where kind = 'completion')::integer as requests,
    count(*) filter (where kind = 'completion' and request_status in ('failed', 'interrupted'))::integer as errors,
    coalesce(sum(input_tokens) filter (where kind = 'completion'), 0)::integer as input, coalesce(sum(reasoning_tokens) filter (where kind = 'completion'), 0)::integer as reasoning,
    coalesce(sum(cost_usd::numeric) filter (where kind = 'completion'), 0)::float8 as cost, coalesce(sum(routing_cost_usd::numeric) filter (where kind in ('completion', 'route')), 0)::float8 as routing,
    count(*) filter (where kind = 'shadow')::integer as copies,
    coalesce(sum(coalesce(cost_usd, 0)::numeric + coalesce(routing_cost_usd, 0)::numeric) filter (where kind = 'shadow'), 0)::float8 as copied,
    coalesce(sum(trial_decisions), 0)::integer as trials, coalesce(sum(routing_cost_usd::numeric) filter (where kind = 'trial'), 0)::float8 as tried
  from signalbox.decisions where tenant_id = $1 group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`;
const FROM_SUMS = `
  select to_char(hour at time zone 'UTC', 'HH24') as hour, model, policy, key_id, router, requests::integer,
    errors::integer, input_tokens::integer as input, reasoning_tokens::integer as reasoning, cost_usd::float8 as cost,
    routing_cost_usd::float8 as routing, shadow_requests::integer as copies, shadow_cost_usd::float8 as copied,
    trial_decisions::integer as trials, trial_cost_usd::float8 as tried
  from signalbox.usage_hourly where tenant_id = $1 order by 1, 2, 3, 4, 5`;

describe("hours of usage", () => {
  let admin: pg.Client;
  let tenant: TestTenant;
  let other: TestTenant;

  beforeAll(async () => {
    admin = await connect("admin");
    await aloneAtJobs(admin);
  }, 120_000);
  beforeEach(async () => {
    [tenant, other] = [await mintTenant(), await mintTenant()];
  });
  afterAll(() => admin.end());

  const rollUp = async (times = Infinity): Promise<void> => {
    const jobs = jobsDatabase();
    for (let done = 0; done < times && (await rollUpUsage(jobs, AFTERWARDS)); done += 1);
  };
  /** Requests of many kinds in the hours from 10 to 15 o'clock. */
  const traffic = (owner: TestTenant, count: number): DecisionRecord[] =>
    Array.from({ length: count }, (_, n) =>
      receipt(owner.id, NOON + ((n * 7) % 300) * 60_000 - 2 * HOUR_MS, {
        model: ["small", "large", null][n % 3]!,
        policy: n % 5 === 0 ? null : "code",
        kind: n % 11 === 0 ? "route" : n % 13 === 0 ? "shadow" : n % 17 === 0 ? "trial" : "completion",
        trial_decisions: n % 17 === 0 && n % 11 > 0 && n % 13 > 0 ? n : null,
        request_status: n % 7 === 0 ? "failed" : "completed",
        cost_usd: n % 4 === 0 ? null : n * 0.1,
        reasoning_tokens: n,
        routing_input_tokens: 100,
        routing_cost_usd: 0.1,
        timings_ms: { total: (n * n) % 5_000 },
      }),
    );
  async function expectSumsToEqualRows(...owners: TestTenant[]): Promise<void> {
    for (const { id } of owners) expect(await rows(admin, FROM_SUMS, [id])).toEqual(await rows(admin, FROM_ROWS, [id]));
  }
  const stale = async ({ id }: TestTenant): Promise<number> =>
    (await rows(admin, "select from signalbox.usage_stale where tenant_id = $1", [id])).length;

  it("equal the rows of both tenants, though a job died between, rows came late and batches came twice", async () => {
    const [mine, theirs] = [traffic(tenant, 120), traffic(other, 60)];
    await append([...mine.slice(0, 60), ...theirs]);
    await rollUp(3);
    expect([await stale(tenant), await stale(other)]).not.toEqual([0, 0]);

    // A job that dies within an hour leaves nothing of it.
    const dying = await connect("jobs");
    dying.on("error", () => undefined);
    await dying.query("begin");
    await dying.query("select signalbox.roll_up_usage($1)", [AFTERWARDS]);
    const [{ pid } = { pid: 0 }] = await rows<{ pid: number }>(dying, "select pg_backend_pid() as pid");
    await admin.query("select pg_terminate_backend($1)", [pid]);
    await dying.end().catch(() => undefined);

    await append(mine.slice(40, 90));
    await Promise.all([rollUp(), append(mine.slice(80)), rollUp()]);
    await append(mine);
    await rollUp();
    await expectSumsToEqualRows(tenant, other);
    expect([await stale(tenant), await stale(other)]).toEqual([0, 0]);
    await append(mine);
    expect(await stale(tenant), "rows that are there already change nothing").toBe(0);
  });

  it("give the answers that rows give, whichever hours are summed up", async () => {
    await append([...traffic(tenant, 110), ...traffic(other, 30)]);
    const queries = ["", "&bucket=hour", "&group_by=model,policy,key,router", "&bucket=hour&group_by=model"];
    const ask = () => Promise.all(queries.map(async (query) => (await tenant.api(`/usage?${TIME}${query}`)).body));
    const fromRows = await ask();
    expect(fromRows[0].data[0].requests).toBeGreaterThan(80);
    for (let hours = 0; hours < 14; hours += 1) {
      await rollUp(1);
      expect(await ask()).toEqual(fromRows);
    }
    expect(await stale(tenant)).toBe(0);
    const requests = fromRows[0].data[0].requests as number;
    await append([receipt(tenant.id, NOON)]);
    expect((await tenant.api(`/usage?${TIME}`)).body.data[0].requests).toBe(requests + 1);
  });

  it("wait for a row that is being appended, and are done again for one that comes after", async () => {
    const appending = new pg.Client(stack().edgeUrl);
    await appending.connect();
    try {
      await append([receipt(tenant.id, NOON)]);
      await appending.query("begin");
      const text = "select signalbox.append_decisions($1)";
      await appending.query(text, [JSON.stringify([receipt(tenant.id, NOON + 1)])]);
      const rolling = rollUp();
      const waits = `select from pg_locks where locktype = 'advisory' and not granted`;
      await expect.poll(async () => (await rows(admin, waits)).length).toBe(1);
      await append([receipt(tenant.id, NOON + HOUR_MS)]);
      await appending.query("commit");
      await rolling;
      await rollUp();
      await expectSumsToEqualRows(tenant);
      expect((await rows<{ requests: number }>(admin, FROM_SUMS, [tenant.id]))[0]?.requests).toBe(2);
      await append([receipt(tenant.id, NOON + 2)]);
      expect(await stale(tenant)).toBe(1);
    } finally {
      await appending.end();
    }
  });

  it("leave an hour alone that is not over", async () => {
    await append([receipt(tenant.id, NOON)]);
    await rollUpUsage(jobsDatabase(), new Date(NOON + HOUR_MS - 1).toISOString());
    expect(await stale(tenant)).toBe(1);
  });

  it("say percentiles within 1 % of the rows' own, over any number of hours", async () => {
    const totals = Array.from({ length: 200 }, (_, n) => 1 + ((n * 7919) % 9_973));
    await append(totals.map((total, n) => receipt(tenant.id, NOON - n * 60_000, { timings_ms: { total } })));
    await rollUp();
    const sorted = totals.toSorted((a, b) => a - b);
    const { p50, p95 } = (await tenant.api(`/usage?${TIME}`)).body.data[0].latency_ms;
    expect(Math.abs(p50 / sorted[99]! - 1)).toBeLessThan(0.011);
    expect(Math.abs(p95 / sorted[189]! - 1)).toBeLessThan(0.011);
  });
});

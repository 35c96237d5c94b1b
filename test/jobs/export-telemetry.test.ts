import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exportTelemetry } from "../../edge/jobs/export-telemetry.ts";
import { claimTelemetry, keepTelemetry } from "../../edge/jobs/telemetry.store.ts";
import type { LogFields } from "../../edge/log.ts";
import { sleep } from "../../edge/sleep.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { connect, rows } from "../database/connect.ts";
import { append, receipt } from "../management/receipt.ts";
import { call, mintTenant, type TestTenant } from "../stack/tenant.ts";
import { Collector } from "../telemetry/collector.ts";
import { decodeLogs, decodeTraces } from "../telemetry/decode-otlp.ts";
import { aloneAtJobs } from "./alone-at-jobs.ts";
import { jobsDatabase } from "./jobs-database.ts";

describe("telemetry", () => {
  let admin: pg.Client;
  let collector: Collector;
  let tenant: TestTenant;
  let other: TestTenant;
  let logged: LogFields[];

  beforeAll(async () => {
    admin = await connect("admin");
    await aloneAtJobs(admin);
    collector = await Collector.start();
  }, 120_000);
  beforeEach(async () => {
    [tenant, other] = [await mintTenant(), await mintTenant()];
    collector.answer((response) => response.end());
    logged = [];
    await queueOnly(tenant, other);
    await keepTelemetry(jobsDatabase(), 100_000);
    await admin.query("delete from signalbox.telemetry_queue");
  });
  afterAll(async () => {
    await keepTelemetry(jobsDatabase(), null);
    await admin.query("drop schema test_telemetry cascade");
    await collector.stop();
    await admin.end();
  });

  /** Other tests make decisions in the same database meanwhile: what they make is not told here. */
  const queueOnly = (...tenants: TestTenant[]) =>
    admin.query(`
      create schema if not exists test_telemetry;
      grant usage on schema test_telemetry to public;
      create or replace function test_telemetry.only_ours() returns trigger language plpgsql as $$
      begin
        if new.tenant_id in (${tenants.map(({ id }) => `'${id}'`).join(", ")}) then return new; end if;
        return null;
      end $$;
      create or replace trigger only_ours before insert on signalbox.telemetry_queue
        for each row execute function test_telemetry.only_ours();`);
  const run = (endpoint: string | null = `${collector.endpoint}/`): Promise<void> =>
    exportTelemetry(
      {
        jobs: jobsDatabase(),
        collector: endpoint === null ? null : { endpoint, headers: { authorization: "Bearer secret" } },
        fetch,
        now: () => Date.now(),
        sleep,
        log: (_level, event, fields = {}) => logged.push({ event, ...fields }),
      },
      () => true,
    );
  /** What waits is due at once. */
  const timePasses = () => admin.query("update signalbox.telemetry_queue set due = now()");
  const queued = (): Promise<{ id: string }[]> =>
    rows(admin, "select id from signalbox.telemetry_queue where tenant_id = any($1) order by id", [
      [tenant.id, other.id],
    ]);
  const dropped = async (): Promise<number> =>
    Number((await rows<{ dropped: string }>(admin, "select dropped from signalbox.telemetry_state"))[0]?.dropped);
  const of = (path: string) => collector.received.filter((received) => received.path === path);
  const own = (attributes: Record<string, unknown>): boolean =>
    [tenant.id, other.id].includes(attributes["signalbox.tenant.id"] as string);
  const told = () =>
    of("/v1/traces")
      .flatMap(({ body }) => decodeTraces(body).spans)
      .filter(({ name, attributes }) => name.startsWith("chat") && own(attributes))
      .map(({ attributes }) => attributes["signalbox.decision.id"]);
  const events = () =>
    of("/v1/logs")
      .flatMap(({ body }) => decodeLogs(body).events)
      .filter(({ attributes }) => own(attributes));
  async function appended(count: number): Promise<string[]> {
    const owners = [tenant, other];
    const records = Array.from({ length: count }, (_, n): DecisionRecord => receipt(owners[n % 2]!.id, Date.now()));
    await append(records);
    return records.map(({ id }) => id).sort();
  }

  it("tells a collector of both tenants' decisions, each once, with the operator's headers", async () => {
    const ids = await appended(450);
    await append([receipt(tenant.id, Date.now(), { kind: "route" })]);
    await run();
    expect(told().sort()).toEqual(ids);
    expect(of("/v1/traces").length).toBeGreaterThan(2);
    for (const { headers } of collector.received) {
      expect(headers).toMatchObject({ "content-type": "application/x-protobuf", authorization: "Bearer secret" });
    }
    expect([await queued(), logged]).toEqual([[], []]);
    collector.answer((response) => response.end());
    await run();
    expect(told()).toEqual([]);
  });

  it("tells it of feedback, its last word too, and of nothing that people wrote", async () => {
    const [id] = await appended(1);
    const key = await tenant.key();
    const say = (score: number) =>
      call("/v1/feedback", key, { body: { decision: id, score, comment: "a word of the customer's" } });
    expect((await say(1)).status).toBeLessThan(300);
    await run();
    const [span] = decodeTraces(of("/v1/traces")[0]!.body).spans;
    expect(events()).toMatchObject([
      {
        name: "gen_ai.evaluation.result",
        traceId: span?.traceId,
        spanId: span?.spanId,
        attributes: { "gen_ai.evaluation.score.value": 1, "signalbox.decision.id": id },
      },
    ]);
    expect(Buffer.concat(collector.received.map(({ body }) => body)).includes("customer")).toBe(false);

    await say(-1);
    // What is said while a collector is told is told again.
    const claimed = (await claimTelemetry(jobsDatabase(), 10)).filter(({ kind }) => kind === "feedback");
    expect(claimed).toHaveLength(1);
    await say(0.5);
    await run();
    expect(events().at(-1)?.attributes["gen_ai.evaluation.score.value"]).toBe(0.5);
  });

  it("waits for a collector that is away, slow to recover or busy, and loses nothing", async () => {
    const ids = await appended(5);
    await run("http://127.0.0.1:1");
    expect(logged).toMatchObject([{ event: "telemetry_postponed", reason: "unreachable" }]);
    await run();
    expect(collector.received, "not before its time").toEqual([]);
    for (const status of [503, 429, 502, 504]) {
      await timePasses();
      collector.answer((response) => response.writeHead(status, { "retry-after": "60" }).end("no"));
      await run();
      expect(collector.received).toHaveLength(1);
    }
    expect((await queued()).map(({ id }) => id)).toEqual(ids);
    await timePasses();
    collector.answer((response) => response.end());
    await run();
    expect(told().sort()).toEqual(ids);
    expect(await queued()).toEqual([]);
  });

  it.each([400, 401, 404, 413, 500, 307])("counts what a collector refuses with %i, and goes on", async (status) => {
    const before = await dropped();
    await appended(4);
    collector.answer((response) => response.writeHead(status, { location: collector.endpoint }).end("secret"));
    await run();
    expect(logged).toEqual([{ event: "telemetry_dropped", count: 4, reason: `status ${String(status)}` }]);
    expect([(await dropped()) - before, await queued()]).toEqual([4, []]);
    expect(collector.received).toHaveLength(1);
  });

  it("counts what a collector takes only in part", async () => {
    const before = await dropped();
    await appended(4);
    const partial = Buffer.from([0x0a, 0x07, 0x08, 0x03, 0x12, 0x03, 0x62, 0x61, 0x64]);
    collector.answer((response) => response.writeHead(200, { "content-type": "application/x-protobuf" }).end(partial));
    await run();
    expect(logged).toEqual([{ event: "telemetry_dropped", count: 3, reason: "rejected" }]);
    expect([(await dropped()) - before, await queued()]).toEqual([3, []]);
  });

  it("is told again, and the same, when the job dies before it could note that it was told", async () => {
    const ids = await appended(2);
    const bodies: Buffer[] = [];
    collector.answer((response, { body }) => {
      bodies.push(body);
      response.end();
    });
    const dying = jobsDatabase();
    const query: typeof dying.query = (text, params) =>
      text.includes("settle") ? Promise.reject(new Error("killed")) : dying.query(text, params);
    const deps = { fetch, now: () => Date.now(), sleep, log: () => undefined };
    const target = { endpoint: collector.endpoint, headers: {} };
    await expect(exportTelemetry({ ...deps, jobs: { query }, collector: target }, () => true)).rejects.toThrow(
      "killed",
    );
    await run();
    expect(bodies, "another's for two minutes").toHaveLength(1);
    await timePasses();
    await run();
    const spanIds = bodies.map((body) => decodeTraces(body).spans.map(({ spanId }) => spanId));
    expect(spanIds[0]).toEqual(spanIds[1]);
    expect([...new Set(told())].sort()).toEqual(ids);
  });

  it("keeps no more than it may, and counts the oldest that it drops", async () => {
    const before = await dropped();
    const ids = await appended(5);
    await admin.query("update signalbox.telemetry_queue set due = now() - interval '1 hour' where id = $1", [ids[2]]);
    expect(await keepTelemetry(jobsDatabase(), 4)).toBe(1);
    expect((await queued()).map(({ id }) => id)).toEqual(ids.filter((id) => id !== ids[2]));
    expect((await dropped()) - before).toBe(1);
  });

  it("is not kept where nobody wants it, and goes with its tenant", async () => {
    await appended(2);
    await admin.query("update signalbox.tenants set status = 'deleting' where id = $1", [other.id]);
    const jobs = await connect("jobs");
    while ((await rows<{ more: boolean }>(jobs, "select signalbox.remove_deleted_tenants(1000) as more"))[0]?.more);
    await jobs.end();
    expect(await queued()).toHaveLength(1);
    await run(null);
    expect(await queued()).toEqual([]);
    await appended(2);
    expect(await queued()).toEqual([]);
  });
});

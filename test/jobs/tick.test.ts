import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { tick, type TickDeps } from "../../edge/jobs/tick.ts";
import { open, seal } from "../../edge/tenancy/secrets.ts";
import { sleep } from "../../edge/sleep.ts";
import { buildWorker } from "../../infra/local/worker/build-worker.ts";
import { runWorker } from "../../infra/local/worker/run-worker.ts";
import { runWorkerd } from "../../infra/workerd/run-workerd.ts";
import { connect, rows } from "../database/connect.ts";
import { makeFullTenant, newId, type FullTenant } from "../database/full-tenant.ts";
import { OPERATOR_TABLES, tablesOf, WITHOUT_TENANT } from "../database/tables.ts";
import { expectProblem } from "../management/problem.ts";
import { keptLog } from "../logs/kept-logs.ts";
import { stack } from "../stack/provided.ts";
import { call, mintTenant, type Answer } from "../stack/tenant.ts";
import { useJobsAlone } from "./alone-at-jobs.ts";
import { jobsDatabase } from "./jobs-database.ts";
import { directSink } from "./run-evaluations.ts";

const ringKey = (id: string, fill: number) => ({ id, key: Buffer.alloc(32, fill).toString("base64") });
const OLD = [ringKey("tick-old", 1)];
/** As good as for ever: other tests' decisions are older than most deployments keep. */
const KEPT_DAYS = 36_500;
const ENV = { ENGINE_PRICES: {}, OTLP_ENDPOINT: undefined, OTLP_HEADERS: {} };
const NEW = [ringKey("tick-new", 2), ...OLD];

const admin = useJobsAlone();

describe("the work that no request does", () => {
  let tenant: FullTenant;
  let other: FullTenant;
  let logged: string[];

  beforeEach(async () => {
    logged = [];
    tenant = await makeFullTenant(admin());
    other = await makeFullTenant(admin());
  });
  function deps(more: Partial<TickDeps> = {}): TickDeps {
    return {
      env: { ...ENV, CREDENTIAL_KEYS: NEW, DECISION_RETENTION_DAYS: KEPT_DAYS },
      db: { jobs: jobsDatabase() },
      decider: { decide: () => Promise.resolve({ source: "fallback:unavailable", decideMs: 0 }) },
      now: () => Date.now(),
      usage: directSink,
      newId,
      fetch,
      sleep,
      log: (_level, event, fields) => logged.push(`${event} ${JSON.stringify(fields)}`),
      ...more,
    };
  }

  async function rowsOf(id: string): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const table of await tablesOf(admin())) {
      if (table.partition || WITHOUT_TENANT.includes(table.name) || OPERATOR_TABLES.includes(table.name)) continue;
      const column = table.name === "tenants" ? "id" : "tenant_id";
      const text = `select count(*)::integer as n from signalbox.${table.name} where ${column} = $1`;
      counts[table.name] = (await rows<{ n: number }>(admin(), text, [id]))[0]?.n ?? -1;
    }
    return counts;
  }

  it("removes everything of a deleted tenant, table by table, and nothing of another", async () => {
    const before = await rowsOf(other.id);
    expect(Object.values(await rowsOf(tenant.id)).every((count) => count > 0)).toBe(true);
    await admin().query("update signalbox.tenants set status = 'deleting' where id = $1", [tenant.id]);
    await tick(deps());
    const left = await rowsOf(tenant.id);
    for (const [table, count] of Object.entries(left)) expect(count, table).toBe(0);
    expect(await rowsOf(other.id)).toEqual(before);
  });

  it("goes on where it stopped, batch by batch", async () => {
    await admin().query("update signalbox.tenants set status = 'deleting' where id = $1", [tenant.id]);
    const jobs = await connect("jobs");
    const total = async (): Promise<number> => Object.values(await rowsOf(tenant.id)).reduce((a, b) => a + b, 0);
    const seen = [await total()];
    try {
      for (let calls = 0; calls < 100 && seen.at(-1) !== 0; calls += 1) {
        await jobs.query("select signalbox.remove_deleted_tenants(1)");
        seen.push(await total());
      }
    } finally {
      await jobs.end();
    }
    expect(seen.at(-1)).toBe(0);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  });

  it("removes a tenant that the operator deleted, and leaves one audit row a deed, without content", async () => {
    const made = await mintTenant("Secret name of a customer");
    await made.provider({ slug: "echo" });
    const operator = (method: string): Promise<Answer> =>
      call(`/api/v1/tenants/${made.id}`, stack().operatorKey, { method });
    const deleted = await operator("DELETE");
    expect([deleted.status, deleted.body.status]).toEqual([202, "deleting"]);
    expect((await operator("DELETE")).status).toBe(202);
    expectProblem(await call("/api/v1/keys", made.adminKey), 403, "tenant_suspended");
    const resume = `/api/v1/tenants/${made.id}/resume`;
    expectProblem(await call(resume, stack().operatorKey, { method: "POST" }), 409, "conflict");
    await tick(deps());
    expectProblem(await operator("GET"), 404, "not_found");
    expectProblem(await operator("DELETE"), 404, "not_found");
    const trail = await rows(
      admin(),
      "select action, changes from signalbox.operator_audit_log where tenant_id = $1 order by id",
      [made.id],
    );
    expect(trail).toEqual(["tenant.create", "tenant.delete"].map((action) => ({ action, changes: {} })));
  });

  it("forgets answers after a day and no sooner", async () => {
    const age = "update signalbox.idempotency_keys set created_at = now() - interval '25 hours' where tenant_id = $1";
    await admin().query(age, [tenant.id]);
    await tick(deps());
    expect((await rowsOf(tenant.id))["idempotency_keys"]).toBe(0);
    expect((await rowsOf(other.id))["idempotency_keys"]).toBe(1);
  });

  it("forgets the names of feedback events when nobody can send them again", async () => {
    const age = "update signalbox.feedback_events set created_at = now() - $2::interval where tenant_id = $1";
    await admin().query(age, [tenant.id, "32 days"]);
    await admin().query(age, [other.id, "30 days"]);
    await tick(deps());
    expect((await rowsOf(tenant.id))["feedback_events"]).toBe(0);
    expect((await rowsOf(other.id))["feedback_events"]).toBe(1);
    expect((await rowsOf(tenant.id))["feedback"]).toBe(1);
  });

  it("moves credentials to the ring's first key while both open them, and leaves what it cannot open", async () => {
    const owner = { tenantId: tenant.id, ownerId: "prv_1" };
    const stored = async (id: string) =>
      (
        await rows<{ credential: never }>(admin(), "select credential from signalbox.providers where tenant_id = $1", [
          id,
        ])
      )[0]?.credential as never as Parameters<typeof open>[2];
    const sealed = await seal(OLD, owner, "sk-secret");
    const put = "update signalbox.providers set credential = $2 where tenant_id = $1";
    await admin().query(put, [tenant.id, JSON.stringify(sealed)]);
    const unreadable = await stored(other.id);
    const source = { tenantId: tenant.id, ownerId: "fsc_1" };
    const secret = JSON.stringify(await seal(OLD, source, "whsec_secret"));
    await admin().query("update signalbox.feedback_secrets set sealed = $2 where tenant_id = $1", [tenant.id, secret]);
    await tick(deps());
    const [kept] = await rows<{ sealed: typeof unreadable }>(
      admin(),
      "select sealed from signalbox.feedback_secrets where tenant_id = $1",
      [tenant.id],
    );
    expect(await open(NEW.slice(0, 1), source, kept!.sealed)).toBe("whsec_secret");
    const moved = await stored(tenant.id);
    expect(moved.key_id).toBe("tick-new");
    expect(await open(NEW.slice(0, 1), owner, moved)).toBe("sk-secret");
    expect(await stored(other.id)).toEqual(unreadable);
    expect(logged.join()).toContain(other.id);
    expect(logged.join()).not.toMatch(/sk-secret|whsec_/);
    await tick(deps());
    expect(await stored(tenant.id)).toEqual(moved);
  });

  it("begins nothing when its time is over, and does one job when another fails", async () => {
    await admin().query("update signalbox.tenants set status = 'deleting' where id = $1", [tenant.id]);
    const { jobs } = deps().db;
    const broken: TickDeps["db"] = {
      jobs: {
        query: (text, params) =>
          text.includes("partitions") ? Promise.reject(new Error("no partitions")) : jobs!.query(text, params),
      },
    };
    let clock = 0;
    await tick(deps({ db: broken, now: () => (clock += 30_000) }));
    expect(logged).toEqual([expect.stringContaining("job_failed")]);
    expect((await rowsOf(tenant.id))["tenants"]).toBe(1);
    await tick(deps({ db: broken }));
    expect((await rowsOf(tenant.id))["tenants"]).toBe(0);
  });

  it("is not done where the deployment has no login for it", async () => {
    await admin().query("update signalbox.tenants set status = 'deleting' where id = $1", [tenant.id]);
    await tick(deps({ db: { jobs: null } }));
    expect([logged, (await rowsOf(tenant.id))["tenants"]]).toEqual([[], 1]);
    await tick(deps());
    expect((await rowsOf(tenant.id))["tenants"]).toBe(0);
  });
});

// In this file, so that its clock does not run while a test above looks at unfinished work.
it("a local worker does its jobs by the clock: a tenant that was deleted is gone after a while", async () => {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  const { operatorKey } = stack();
  const folder = await mkdtemp(join(tmpdir(), "signalbox-clock-"));
  const log = keptLog("clocked-worker");
  const worker = await runWorker({
    build: await buildWorker(folder, AbortSignal.timeout(60_000)),
    port: 0,
    log,
    onRestart: () => Promise.resolve(),
    tickSeconds: 1,
    variables: workerVariables,
  });
  try {
    const path = `/api/v1/tenants/${tenant.id}`;
    expect((await call(path, operatorKey, { method: "DELETE" })).status).toBe(202);
    await expect.poll(async () => (await call(path, operatorKey)).status, { timeout: 30_000 }).toBe(404);
  } finally {
    await worker.stop();
    log.end();
    await rm(folder, { recursive: true, force: true });
  }
});

it("a self-hosted worker does its jobs when its host's clock says so", async () => {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  const { operatorKey } = stack();
  const folder = await mkdtemp(join(tmpdir(), "signalbox-clock-"));
  const log = keptLog("ticked-workerd");
  const worker = await runWorkerd({
    build: await buildWorker(join(folder, "build"), AbortSignal.timeout(60_000)),
    folder,
    spoolFolder: join(folder, "spool"),
    host: "127.0.0.1",
    port: 0,
    onLine: (line) => log.write(`${line}\n`),
    variables: workerVariables(),
  });
  const path = `/api/v1/tenants/${tenant.id}`;
  expect((await call(path, operatorKey, { method: "DELETE" })).status).toBe(202);
  for (let status = 0; status !== 404; { status } = await call(path, operatorKey)) await worker.tick();
  worker.signal("SIGTERM");
  expect(await worker.exited).toBe(0);
  log.end();
  await rm(folder, { recursive: true, force: true });
});

function workerVariables(): Record<string, string> {
  const { edgeUrl, apiUrl, jobsUrl, httpEndpoint, wsProxy, inferenceUrl, inferenceToken } = stack();
  return {
    ENVIRONMENT: "development",
    UPSTREAM_ADDRESSES: "loopback",
    DATABASE_URL_EDGE: edgeUrl,
    DATABASE_URL_API: apiUrl,
    DATABASE_URL_JOBS: jobsUrl,
    DATABASE_HTTP_ENDPOINT: httpEndpoint,
    DATABASE_WS_PROXY: wsProxy,
    INFERENCE_URL: inferenceUrl,
    INFERENCE_TOKEN: inferenceToken,
    CREDENTIAL_KEYS: `k1:${Buffer.alloc(32, 1).toString("base64")}`,
    SIGNING_SECRET: "a secret of this worker and no other one",
    USAGE_SINK: "spool",
    DECISION_RETENTION_DAYS: String(KEPT_DAYS),
  };
}

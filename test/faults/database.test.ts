import { once } from "node:events";
import type { WriteStream } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { mintApiKey } from "../../edge/tenancy/api-key.ts";
import { startBridge, type RunningBridge } from "../../infra/neon-bridge/bridge.ts";
import { connect } from "../database/connect.ts";
import { FaultyProxy } from "../edge-path/faulty-proxy.ts";
import { keptLog } from "../logs/kept-logs.ts";
import { noteSaid } from "../logs/said.ts";
import { stack } from "../stack/provided.ts";
import { call, mintEchoTenant, type TestTenant } from "../stack/tenant.ts";
import { beginRequest } from "./begin-request.ts";
import { kill, prepareGround, startOwnWorkerd, type Ground, type OwnWorkerd } from "./own-workerd.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const document: RouterDocumentInput = {
  policies: [
    { name: "invoices", description: "Questions about invoices, payments and refunds" },
    { name: "parcels", description: "Where a parcel is and when it will arrive" },
  ],
  targets: { parcels: { model: "echo-large" } },
  fallback: { model: "echo-large" },
  settings: { deadline_ms: 10_000 },
};
/** No measure: what happens by itself after a while has happened by then. */
const LIMIT_MS = 40_000;
/** Longer than a request that has a snapshot waits for a newer one, and shorter than a read of the database may take. */
const LATE_MS = 1_000;

let ground: Ground;
let wire: TcpProxy;
let bridge: RunningBridge;
/** Stands before the bridge, for the workers whose refreshes are counted, and nothing else of theirs. */
let refreshes: FaultyProxy;
let admin: pg.Client;
let bridgeLog: WriteStream;
beforeAll(async () => {
  bridgeLog = keptLog("bridge");
  [ground, wire, admin] = await Promise.all([prepareGround(), TcpProxy.before(stack().adminUrl), connect("admin")]);
  bridge = await startBridge({
    target: { host: "127.0.0.1", port: wire.port },
    log: (event, fields) => bridgeLog.write(`${JSON.stringify({ event, ...fields })}\n`),
  });
  refreshes = await FaultyProxy.before(bridge.httpEndpoint);
  refreshes.concerns = (body) => body.includes("edge_snapshot");
});
afterAll(async () => {
  await refreshes.close();
  await bridge.close();
  bridgeLog.end();
  await Promise.all([wire.close(), admin.end()]);
  await ground.remove();
});

/** A worker whose database is behind `wire`. */
const start = (name: string, databaseUrl = bridge.httpEndpoint): Promise<OwnWorkerd> =>
  startOwnWorkerd(ground, name, { databaseUrl, databasePort: wire.port });

interface Seen {
  readonly status: number;
  readonly code: string | null;
  readonly config: string | null;
  readonly router: string | null;
  readonly arm: string | null;
}

async function ask(worker: OwnWorkerd, key: string, model = "echo-small"): Promise<Seen> {
  const body = { model, messages: [{ role: "user", content: "When does my parcel arrive?" }] };
  noteSaid(stack().logDir, body);
  const response = await fetch(`${worker.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error?: { code: string } };
  const header = (name: string): string | null => response.headers.get(`x-signalbox-${name}`);
  return {
    status: response.status,
    code: error?.code ?? null,
    config: header("config"),
    router: header("router"),
    arm: header("arm"),
  };
}

/** Keeps asking until an answer is as wanted, and gives all the answers up to that one. */
async function askUntil(asking: () => Promise<Seen>, wanted: (seen: Seen) => boolean): Promise<Seen[]> {
  const answers: Seen[] = [];
  for (const endsAt = Date.now() + LIMIT_MS; Date.now() < endsAt;) {
    const seen = await asking();
    answers.push(seen);
    if (wanted(seen)) return answers;
    await pause(100);
  }
  throw new Error(`never: last ${JSON.stringify(answers.at(-1))}`);
}

/** A failover as clients see it: every session ends with 57P01, and for a while nobody takes new ones. */
async function failOver(): Promise<void> {
  const text = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = ANY($1)";
  await admin.query(text, [wire.clientPorts]);
  await wire.become("refuse");
}

describe("PostgreSQL that goes away", () => {
  it("in any way leaves running traffic on its last snapshot, and a cold worker with 503", async () => {
    const { inferenceKey } = await mintEchoTenant(document);
    const running = await start("running", refreshes.url);
    const stale = (seen: Seen): boolean => seen.config !== null;
    expect(await ask(running, inferenceKey)).toMatchObject({ status: 200, config: null });

    await wire.become("silent");
    const untilStale = await askUntil(() => ask(running, inferenceKey), stale);
    expect(untilStale.map(({ status }) => status)).toEqual(untilStale.map(() => 200));
    const ways: [string, () => Promise<void>][] = [
      ["silent", () => wire.become("silent")],
      ["stopped", () => wire.become("refuse")],
      ["slower than anybody waits", () => wire.become({ delayMs: 20_000 })],
      ["failing over", failOver],
    ];
    for (const [way, become] of ways) {
      await become();
      // For a while after a refresh that failed, nothing is tried: only one that is tried now meets the database like this.
      const before = refreshes.seen;
      const served = await askUntil(
        () => ask(running, inferenceKey),
        () => refreshes.seen > before,
      );
      for (const seen of served) {
        expect(seen, way).toMatchObject({ status: 200, config: expect.stringMatching(/^stale;age=\d+$/) });
      }
      const cold = await start(`cold-${way}`);
      expect(await ask(cold, inferenceKey), way).toMatchObject({ status: 503, code: "tenant_config_unavailable" });
      await kill(cold);
    }
    await wire.become("pass");
    const untilFresh = await askUntil(
      () => ask(running, inferenceKey),
      (seen) => !stale(seen),
    );
    expect(untilFresh.map(({ status }) => status)).toEqual(untilFresh.map(() => 200));
    await kill(running);
  });

  it("by answering late is not waited for: the last snapshot serves before it answers, and what it says after", async () => {
    const { inferenceKey } = await mintEchoTenant(document);
    const running = await start("late", refreshes.url);
    const stale = ({ config }: Seen): boolean => config !== null;
    expect(await ask(running, inferenceKey)).toMatchObject({ status: 200, config: null });
    refreshes.mode = "hang";
    await askUntil(() => ask(running, inferenceKey), stale);

    refreshes.mode = { delayMs: LATE_MS };
    const { seen, answered } = refreshes;
    const served = await askUntil(
      () => ask(running, inferenceKey),
      () => refreshes.seen > seen,
    );
    expect([served.every(stale), refreshes.answered - answered]).toEqual([true, 0]);
    // No answer comes sooner than the first did: what makes the snapshot fresh is one that nobody waited for.
    const untilFresh = await askUntil(
      () => ask(running, inferenceKey),
      (one) => !stale(one),
    );
    expect(refreshes.answered).toBeGreaterThan(answered);
    expect([...served, ...untilFresh].map(({ status }) => status)).toEqual([...served, ...untilFresh].map(() => 200));
    refreshes.mode = "pass";
    await kill(running);
  });

  it("by falling silent is asked again when it is back, however many have waited for it in vain", async () => {
    const { inferenceKey } = await mintEchoTenant(document);
    const running = await start("many");
    await wire.become("silent");
    // More at once than the bridge has connections.
    const strangers = Array.from({ length: 40 }, () => ask(running, mintApiKey("dev", Math.random).token));
    const codes = new Set((await Promise.all(strangers)).map(({ code }) => code));
    expect([...codes]).toEqual(["tenant_config_unavailable"]);
    await wire.become("pass");
    const untilServed = await askUntil(
      () => ask(running, inferenceKey),
      ({ status }) => status === 200,
    );
    expect(new Set(untilServed.map(({ status }) => status))).not.toContain(500);
    await kill(running);
  });

  it("and whose clients reset their connections in the middle of a shared refresh, spoils nobody's next request", async () => {
    const { inferenceKey } = await mintEchoTenant(document);
    const running = await start("shared");
    expect((await ask(running, inferenceKey)).status).toBe(200);
    await wire.become("silent");
    // From here on every request needs a refresh, which the requests of one moment share.
    await askUntil(
      () => ask(running, inferenceKey),
      ({ config }) => config !== null,
    );
    for (let round = 0; round < 5; round += 1) {
      await beginAndReset(running, inferenceKey);
      const others = await Promise.all([1, 2, 3].map(() => ask(running, inferenceKey)));
      expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
    }
    await wire.become("pass");
    const untilFresh = await askUntil(
      () => ask(running, inferenceKey),
      ({ config }) => config === null,
    );
    expect(untilFresh.map(({ status }) => status)).toEqual(untilFresh.map(() => 200));
    await kill(running);
  });

  /** Sends a request whole and resets its connection without hearing the answer. */
  async function beginAndReset(worker: OwnWorkerd, key: string): Promise<void> {
    const body = { model: "echo-small", messages: [{ role: "user", content: "hi" }] };
    const socket = await beginRequest(worker.baseUrl, key, body);
    const closed = once(socket, "close");
    socket.resetAndDestroy();
    await closed;
  }
});

describe("what was changed elsewhere", () => {
  let workers: OwnWorkerd[];
  let tenant: TestTenant;
  let key: string;
  beforeAll(async () => {
    await wire.become("pass");
    workers = await Promise.all([start("one"), start("two")]);
    ({ tenant, inferenceKey: key } = await mintEchoTenant(document));
  });
  afterAll(() => Promise.all(workers.map((worker) => kill(worker))));

  /** What each worker answers while requests flow through both, until both say what is wanted; and a few more. */
  async function flow(wanted: (seen: Seen) => boolean): Promise<Seen[][]> {
    return Promise.all(
      workers.map(async (worker) => {
        const asking = (): Promise<Seen> => ask(worker, key, "auto");
        const answers = await askUntil(asking, wanted);
        for (let more = 0; more < 5; more += 1) answers.push(await asking());
        return answers;
      }),
    );
  }

  /** Old answers, then new ones: nothing fails between, and nothing goes back. */
  function expectTurned(answers: readonly Seen[][], isNew: (seen: Seen) => boolean, status: number): void {
    for (const seen of answers) {
      const turned = seen.findIndex(isNew);
      expect(seen.slice(0, turned).map((old) => old.status)).toEqual(seen.slice(0, turned).map(() => 200));
      expect(seen.slice(turned).map((one) => [isNew(one), one.status])).toEqual(
        seen.slice(turned).map(() => [true, status]),
      );
    }
  }

  it("is in force in two processes while requests flow: a published version", async () => {
    await flow(({ router }) => router === "default@1");
    const version = await tenant.publish("default", { ...document, fallback: { model: "echo-code" } });
    const isNew = ({ router }: Seen): boolean => router === `default@${String(version)}`;
    expectTurned(await flow(isNew), isNew, 200);
  });

  it("is in force in two processes while requests flow: a rollout that is aborted", async () => {
    const split = { router: "default", policy: "parcels", candidate: { model: "echo-code" }, percent: 100 };
    const made = await tenant.api("/rollouts", { body: split });
    expect(made.status).toBe(201);
    const { id } = made.body as { id: string };
    await flow(({ arm }) => arm === `candidate@${id}`);
    expect((await tenant.api(`/rollouts/${id}/abort`, { body: {} })).status).toBe(200);
    const isNew = ({ arm }: Seen): boolean => arm === null;
    expectTurned(await flow(isNew), isNew, 200);
  });

  it("is in force in two processes while requests flow: a tenant that is suspended, and resumed", async () => {
    const isSuspended = ({ code }: Seen): boolean => code === "tenant_suspended";
    const become = (verb: string) =>
      call(`/api/v1/tenants/${tenant.id}/${verb}`, stack().operatorKey, { method: "POST" });
    expect((await become("suspend")).status).toBe(200);
    expectTurned(await flow(isSuspended), isSuspended, 403);
    expect((await become("resume")).status).toBe(200);
    for (const answers of await flow(({ status }) => status === 200)) {
      const served = answers.findIndex(({ status }) => status === 200);
      const [refused, later] = [answers.slice(0, served), answers.slice(served)];
      expect(refused.map(isSuspended)).toEqual(refused.map(() => true));
      expect(later.map(({ status }) => status)).toEqual(later.map(() => 200));
    }
  });

  it("is in force in two processes while requests flow: a key that is revoked", async () => {
    const { data } = (await tenant.api("/keys")).body as { data: { id: string; name: string }[] };
    const { id } = data.find(({ name }) => name === "test")!;
    expect((await tenant.api(`/keys/${id}/revoke`, { method: "POST" })).status).toBe(200);
    const isNew = ({ code }: Seen): boolean => code === "invalid_api_key";
    expectTurned(await flow(isNew), isNew, 401);
  });
});

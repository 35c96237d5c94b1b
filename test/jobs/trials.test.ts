import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Decider } from "../../edge/decider/decider.ts";
import { rollUpUsage } from "../../edge/jobs/jobs.store.ts";
import { startOwnWorker, type OwnWorker } from "../edge-path/own-worker.ts";
import { startInference, TOKEN, type InferenceProcess } from "../inference/inference-process.ts";
import { policies } from "../inference/requests.ts";
import { json, startVllm, type VllmStandIn } from "../inference/vllm-stand-in.ts";
import { expectProblem } from "../management/problem.ts";
import { append, receipt } from "../management/receipt.ts";
import { stack } from "../stack/provided.ts";
import { call, callAt, mintEchoTenant, type Answer, type Call, type TestTenant } from "../stack/tenant.ts";
import { useJobsAlone } from "./alone-at-jobs.ts";
import { jobsDatabase } from "./jobs-database.ts";
import { runAll, stackDecider } from "./run-evaluations.ts";

/** What the stand-in says each decision took: 180 tokens of input. */
const ANSWER = json(
  200,
  readFileSync(new URL("../fixtures/decisions/documented-typesafe.json", import.meta.url), "utf8"),
);
const PRICES = { jev: { input_per_million: 1_000, output_per_million: 0 } };
const DOCUMENT = {
  policies,
  targets: { trains: { model: "echo-code" } },
  fallback: { model: "echo-small" },
  settings: { engine: "jev", deadline_ms: 10_000 },
};
const known = (...texts: string[]) => ({
  messages: texts.flatMap((content) => [
    { role: "user", content },
    { role: "assistant", content: "Yes." },
  ]),
  expected: texts.map(() => "trains"),
});
const PATH = "/routers/default/evaluations";
const NOTHING = { decisions: 0, input_tokens: 0, cached_input_tokens: 0, output_tokens: 0, cost_usd: 0 };
const took = (decisions: number) => ({
  ...NOTHING,
  decisions,
  input_tokens: 180 * decisions,
  cost_usd: expect.closeTo(0.18 * decisions, 9) as number,
});

type Row = Readonly<Record<string, unknown>>;

/** Numbers of both rows together, however deep they stand; of anything else, the first one's. */
function summed(one: Row, other: Row): Row {
  const entries = Object.entries(one).map(([name, value]) => {
    const beside = other[name];
    if (typeof value === "number" && typeof beside === "number") return [name, value + beside];
    const nested = typeof value === "object" && value !== null && typeof beside === "object" && beside !== null;
    return [name, nested ? summed(value as Row, beside as Row) : value];
  });
  return Object.fromEntries(entries) as Row;
}

describe("what evaluations, tuning, gates and dry runs take of a paid engine", () => {
  const admin = useJobsAlone();
  let server: VllmStandIn;
  let inference: InferenceProcess;
  let worker: OwnWorker;
  let tenant: TestTenant;
  let other: TestTenant;

  beforeAll(async () => {
    server = await startVllm([ANSWER]);
    const engine = { kind: "decisions", name: "jev", provider: "typesafe", baseUrls: [server.url], model: "jev-1.14" };
    inference = await startInference({ ENGINES: JSON.stringify([engine]), EMBEDDED_THREADS: "1" });
    while ((await inference.get("/readyz", null)).status !== 200);
    const variables = { ENGINE_PRICES: JSON.stringify(PRICES) };
    worker = await startOwnWorker({ inference: { url: inference.url, token: TOKEN }, variables });
  }, 120_000);
  afterAll(() => Promise.all([worker.stop(), inference.stop(), server.close()]));
  beforeEach(async () => {
    await admin().query("update signalbox.evaluations set status = 'cancelled' where status = 'running'");
    server.answers = [ANSWER];
    server.asked.length = 0;
    [tenant, other] = [await payingTenant(), await payingTenant()];
  });

  async function payingTenant(): Promise<TestTenant> {
    const { tenant: made } = await mintEchoTenant(DOCUMENT);
    const body = { paid_engines: ["jev"] };
    await call(`/api/v1/tenants/${made.id}`, stack().operatorKey, { method: "PATCH", body });
    return made;
  }
  /** By the worker of these tests, which knows of the engine and its price. */
  const ask = (path: string, request: Call = {}, of = tenant): Promise<Answer> =>
    callAt(worker.baseUrl, `/api/v1${path}`, of.adminKey, request);
  const ownDecider = (): Decider => stackDecider({ url: inference.url, token: TOKEN });
  const run = (decider: Pick<Decider, "decide"> = ownDecider()): Promise<void> =>
    runAll(decider, () => true, { ENGINE_PRICES: PRICES });
  const start = async (cases: unknown[], of = tenant): Promise<string> =>
    (await of.api(PATH, { body: { cases } })).body.id as string;
  const again = () => admin().query("update signalbox.evaluation_cases set claimed_until = now() - interval '1 s'");
  async function usage(of = tenant, query = ""): Promise<Row[]> {
    const rows = (await of.api(`/usage?${query}`)).body.data as Row[];
    // Of two days as one, should midnight have passed.
    return query.includes("group_by") || rows.length === 0 ? rows : [rows.reduce(summed)];
  }
  /** What the worker's spool has on disk is in the database a moment later. */
  const expectUsage = (decisions: number, of = tenant) =>
    expect.poll(() => usage(of), { timeout: 20_000 }).toMatchObject([{ requests: 0, trials: took(decisions) }]);

  it("is in the usage of the tenant whose it is, apart from requests, latency and policies, summed up or not", async () => {
    await start([known("Is my train late?", "And the next one?"), known("A ticket to Oslo")]);
    await start([known("Where is platform 4?")], other);
    await run();
    const expected = [
      {
        requests: 0,
        errors: 0,
        input_tokens: 0,
        cost_usd: 0,
        routing: { input_tokens: 0, cost_usd: 0 },
        shadow: { requests: 0, cost_usd: 0 },
        trials: took(3),
        latency_ms: { p50: null, p95: null },
      },
    ];
    expect(await usage()).toMatchObject(expected);
    expect(await usage(other)).toMatchObject([{ requests: 0, trials: took(1) }]);
    expect(server.asked).toHaveLength(4);
    const keys = (await tenant.api("/keys")).body.data as { id: string; name: string }[];
    const [group, ...more] = await usage(tenant, "group_by=key,router,policy,model");
    expect(more).toEqual([]);
    expect(group).toMatchObject({ router: "default", policy: null, model: null, trials: took(3) });
    expect(keys.map(({ id }) => id)).toContain(group?.["key"]);
    expect((await tenant.api("/decisions")).body.data).toEqual([]);

    const afterwards = new Date(Date.now() + 3_600_000).toISOString();
    while (await rollUpUsage(jobsDatabase(), afterwards));
    expect(await usage(tenant, `to=${afterwards}`)).toMatchObject(expected);
    expect(await usage(other, `to=${afterwards}`)).toMatchObject([{ trials: took(1) }]);
  });

  it("is counted by reading: what is tried again is paid again, and what is cancelled has been paid", async () => {
    const id = await start([known("Is my train late?", "And the next one?")]);
    const real = ownDecider();
    let turns = 0;
    const failing: Pick<Decider, "decide"> = {
      decide: (question) => {
        turns += 1;
        return turns === 1 ? real.decide(question) : Promise.resolve({ source: "fallback:timeout", decideMs: 0 });
      },
    };
    await run(failing);
    expect((await tenant.api(`${PATH}/${id}`)).body).toMatchObject({ status: "running", decided: 0 });
    expect(await usage()).toMatchObject([{ trials: took(1) }]);
    await again();
    const cancelling: Pick<Decider, "decide"> = {
      async decide(question) {
        await tenant.api(`${PATH}/${id}/cancel`, { method: "POST" });
        return real.decide(question);
      },
    };
    await run(cancelling);
    expect((await tenant.api(`${PATH}/${id}`)).body).toMatchObject({ status: "cancelled", decided: 0 });
    // The first turn was remembered: only the second one was asked for.
    expect(await usage()).toMatchObject([{ trials: took(2) }]);
    expect(server.asked).toHaveLength(2);
  });

  it("stands under the run itself where it began before runs had their key written down", async () => {
    const id = await start([known("Is my train late?")]);
    await admin().query("update signalbox.evaluations set key_id = null where id = $1", [id]);
    await run();
    expect(await usage(tenant, "group_by=key")).toMatchObject([{ key: id, trials: took(1) }]);
  });

  it("is no receipt of a request: none is shown, and no key was used", async () => {
    const key = (await tenant.api("/keys", { body: { name: "k", scopes: ["inference"] } })).body.id as string;
    const usedAt = async () => (await tenant.api(`/keys/${key}`)).body.last_used_at as string | null;
    const trial = receipt(tenant.id, Date.now(), { kind: "trial", key_id: key, trial_decisions: 1 });
    await append([trial, trial]);
    expect(await usage()).toMatchObject([{ requests: 0, trials: { decisions: 1 } }]);
    expect((await tenant.api(`/decisions/${trial.id}`)).status).toBe(404);
    expect((await tenant.api("/decisions")).body.data).toEqual([]);
    expect(await usedAt()).toBeNull();
    await append([receipt(tenant.id, Date.now(), { key_id: key })]);
    expect(await usedAt()).not.toBeNull();
  });

  it("is nothing for a tenant that may not use it, whose routing fails", async () => {
    const body = { paid_engines: [] };
    await call(`/api/v1/tenants/${tenant.id}`, stack().operatorKey, { method: "PATCH", body });
    await start([known("Is my train late?")]);
    await run();
    expect(await usage()).toEqual([]);
    expect(server.asked).toEqual([]);
  });

  it("is counted of a dry run, both revisions and what was remembered for nothing", async () => {
    await tenant.api("/routers/default/draft", {
      method: "PUT",
      body: { ...DOCUMENT, policies: policies.slice(1) },
      headers: { "if-match": "*" },
    });
    const messages = [{ role: "user", content: "Is my train late?" }];
    const dry = await ask("/routers/default/dry-run", { body: { conversations: [{ messages }, { messages }] } });
    expect(dry).toMatchObject({ status: 200, body: { turns: 2 } });
    await expectUsage(2);
    expect(await usage(other)).toEqual([]);
    expect((await tenant.api("/decisions")).body.data).toEqual([]);
  });

  it("is counted of tuning and of a gate, when they come to nothing too", async () => {
    const cases = Array.from({ length: 20 }, (_, place) => known(`Is train ${String(place)} late?`));
    const lines = cases.map((each) => JSON.stringify(each)).join("\n");
    const headers = { "content-type": "application/jsonl" };
    await tenant.api("/routers/default/golden-cases/import", { body: lines, headers });
    const refused = await ask("/routers/default/tune", { body: {} });
    expectProblem(refused, 422, "too_few_golden_cases");
    await expectUsage(20);
    const tuned = await ask("/routers/default/tune", { body: { settings: ["min_confidence"] } });
    expect(tuned).toMatchObject({ status: 200, body: { engines: [expect.stringMatching(/^jev@/)] } });
    // Other policies: nothing of it is remembered, and nothing can be right.
    const renamed = policies.map(({ name, description }) => ({ name, description: `${description}.` }));
    const draft = { ...DOCUMENT, policies: renamed };
    await tenant.api("/routers/default/draft", { method: "PUT", body: draft, headers: { "if-match": "*" } });
    const golden = { messages: [{ role: "user", content: "Will it rain?" }], expected: ["weather"] };
    await tenant.api("/routers/default/golden-cases", { body: golden });
    const gated = await ask("/routers/default/publish", { body: { gate: { min_accuracy: 1 } } });
    expectProblem(gated, 422, "gate_failed");
    await expectUsage(41);
    expect(server.asked).toHaveLength(41);
  });

  it("is counted when the client leaves before the end", async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<undefined>();
    server.answers = [ANSWER, (asked, response) => void left.then(() => ANSWER(asked, response)), ANSWER];
    const said = (content: string) => ({ messages: [{ role: "user", content }] });
    const conversations = ["Is my train late?", "Where is platform 4?", "A ticket to Oslo"].map(said);
    const first = server.nextAsked();
    const client = new AbortController();
    const dry = fetch(`${worker.baseUrl}/api/v1/routers/default/dry-run`, {
      method: "POST",
      headers: { authorization: `Bearer ${tenant.adminKey}`, "content-type": "application/json" },
      body: JSON.stringify({ from: 1, to: 1, conversations }),
      signal: client.signal,
    });
    await first;
    await server.nextAsked();
    client.abort();
    await expect(dry).rejects.toThrow();
    leave(undefined);
    await expectUsage(3);
  });
});

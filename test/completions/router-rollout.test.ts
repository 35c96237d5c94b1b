import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startOwnWorker, type OwnWorker } from "../edge-path/own-worker.ts";
import { startInference, TOKEN, type InferenceProcess } from "../inference/inference-process.ts";
import { decideRequest, policies, user } from "../inference/requests.ts";
import { hang, json, recorded, startVllm, type VllmStandIn } from "../inference/vllm-stand-in.ts";
import { expectProblem, pointers } from "../management/problem.ts";
import { callAt, mintEchoTenant, type TestTenant, type Answer, type Call } from "../stack/tenant.ts";
import { receiptOf } from "./scene.ts";

const PRICES = { arch: { input_per_million: 10, cached_input_per_million: 1, output_per_million: 100 } };
const DOCUMENT = {
  policies,
  targets: { trains: { model: "echo-code" }, weather: { model: "echo-large" } },
  fallback: { model: "echo-small" },
  settings: { deadline_ms: 10_000 },
};
const TRAINS = json(200, recorded("chat-choice-trains.json"));
const WEATHER = json(200, recorded("chat-choice-weather.json"));
const BROKEN = json(500, "{}");

let vllm: VllmStandIn;
let inference: InferenceProcess;
let worker: OwnWorker;
let tenant: TestTenant;

beforeAll(async () => {
  vllm = await startVllm([TRAINS]);
  const engine = { name: "arch", baseUrls: [vllm.url], model: "smol", format: "arch-router-v1" };
  inference = await startInference({ ENGINES: JSON.stringify([engine]), EMBEDDED_THREADS: "1" });
  while ((await inference.get("/readyz", null)).status !== 200);
  const variables = { ENGINE_PRICES: JSON.stringify(PRICES) };
  worker = await startOwnWorker({ inference: { url: inference.url, token: TOKEN }, variables });
}, 120_000);
afterAll(() => Promise.all([worker.stop(), inference.stop(), vllm.close()]));
beforeEach(async () => {
  vllm.answers = [TRAINS];
  // A server that a test had fail is left alone for a while.
  const question = decideRequest([user("are you well again?")], { engine: "arch" });
  await expect.poll(async () => (await inference.post("/v1/decide", question)).status, { timeout: 20_000 }).toBe(200);
  vllm.asked.length = 0;
  ({ tenant } = await mintEchoTenant(DOCUMENT));
});

/** Calls the worker of these tests, which knows of two engines. */
const call = (token: string, path: string, request: Call = {}): Promise<Answer> =>
  callAt(worker.baseUrl, path, token, request);

const begin = (fields: object, of = tenant): Promise<Answer> =>
  call(of.adminKey, "/api/v1/rollouts", {
    body: { router: "default", candidate: { engine: "arch", deadline_ms: 10_000 }, percent: 0, ...fields },
  });

async function begun(fields: object, of = tenant): Promise<string> {
  const made = await begin(fields, of);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body.id as string;
}

/** Asks with a key of its own, so that the worker reads what is in force now. */
async function ask(text: string, { of = tenant, path = "/v1/chat/completions", headers = {} } = {}): Promise<Answer> {
  const messages = [{ role: "user", content: text }];
  return call(await of.key(), path, { body: { model: "auto", messages }, headers });
}

const told = ({ headers }: Answer) => ({
  source: headers.get("x-signalbox-source"),
  arm: headers.get("x-signalbox-routing-arm"),
  policy: headers.get("x-signalbox-policy"),
});

async function engineOf(answer: Answer): Promise<string> {
  const id = answer.headers.get("x-signalbox-decision") ?? "";
  return String((await receiptOf(tenant, id))["engine"]).replace(/@.*/, "");
}

/** The receipt of the copy of a request's decision, once it has arrived. */
async function copyOf(answer: Answer): Promise<Record<string, unknown>> {
  const find = async (): Promise<Record<string, unknown> | undefined> => {
    const rows = (await tenant.api("/decisions?limit=100")).body.data as Record<string, unknown>[];
    return rows.find((row) => row["kind"] === "shadow" && row["request_id"] === answer.headers.get("x-request-id"));
  };
  await expect.poll(find, { timeout: 20_000, interval: 100 }).toBeDefined();
  return (await find())!;
}

async function compared(id: string) {
  const { body } = await call(tenant.adminKey, `/api/v1/rollouts/${id}/comparison`);
  const all = body.measures as { measure: string; detail: string | null; arms: Record<string, unknown> }[];
  const of = (measure: string, detail: string | null = null) =>
    all.find((one) => one.measure === measure && one.detail === detail)?.arms;
  return { arms: body.arms as Record<string, unknown>, of };
}

describe("a candidate for a router's model", () => {
  it("decides its share of conversations, and the receipt keeps the engines apart", async () => {
    const id = await begun({ percent: 100 });
    const answer = await ask("is my train late?");
    expect(told(answer)).toEqual({ source: "engine", arm: `candidate@${id}`, policy: "trains" });
    expect(answer.headers.get("x-signalbox-model")).toBe("echo-code");
    expect(await receiptOf(tenant, answer.headers.get("x-signalbox-decision") ?? "")).toMatchObject({
      engine: expect.stringMatching(/^arch@/),
      routing_arm: `candidate@${id}`,
      arm: null,
      agrees: null,
      routing_usage: { input_tokens: 325, cached_input_tokens: 256, output_tokens: 2, cost_usd: expect.any(Number) },
    });
    const dry = await ask("is my train late?", { path: "/v1/route" });
    expect(dry.body).toMatchObject({ routing_arm: `candidate@${id}`, source: "memo", policy: "trains" });
    expect(vllm.asked).toHaveLength(1);
  });

  it("and the router's engine are remembered apart: neither answers for the other", async () => {
    vllm.answers = [WEATHER];
    const id = await begun({ percent: 100 });
    expect(told(await ask("is my train late?"))).toMatchObject({ source: "engine", policy: "weather" });
    const narrow = { method: "PATCH", body: { percent: 0 }, headers: { "if-match": "*" } };
    expect((await call(tenant.adminKey, `/api/v1/rollouts/${id}`, narrow)).status).toBe(200);
    const control = await ask("is my train late?");
    expect(told(control)).toEqual({ source: "engine", arm: `control@${id}`, policy: "trains" });
    expect(await engineOf(control)).toBe("embedded");
    const widen = { ...narrow, body: { percent: 100 } };
    await call(tenant.adminKey, `/api/v1/rollouts/${id}`, widen);
    expect(told(await ask("is my train late?"))).toEqual({ source: "memo", arm: `candidate@${id}`, policy: "weather" });
    expect(vllm.asked).toHaveLength(1);
  });

  it("that fails falls back as any router does, and its breaker is its own", async () => {
    vllm.answers = [BROKEN];
    const id = await begun({ percent: 100 });
    const answer = await ask("is my train late?");
    expect([answer.status, answer.headers.get("x-signalbox-model")]).toEqual([200, "echo-small"]);
    expect(told(answer)).toMatchObject({ source: expect.stringMatching(/^fallback:/), arm: `candidate@${id}` });
    const strict = await ask("is my train late?", { headers: { "x-signalbox-fallback": "off" } });
    expect([strict.status, strict.body.error.code]).toEqual([503, "routing_unavailable"]);
    for (let more = 0; more < 3; more += 1) await ask("is my train late?");
    expect(told(await ask("is my train late?")).source).toBe("fallback:breaker_open");

    await call(tenant.adminKey, `/api/v1/rollouts/${id}/pause`, { method: "POST" });
    const own = await ask("is my train late?");
    expect(told(own)).toEqual({ source: "engine", arm: null, policy: "trains" });
  });

  it("decides in both rollouts at once: the router's and its policy's", async () => {
    const id = await begun({ percent: 100 });
    const other = await begun({ policy: "trains", candidate: { model: "echo-large" }, percent: 100 });
    const answer = await ask("is my train late?");
    expect(told(answer).arm).toBe(`candidate@${id}`);
    expect(answer.headers.get("x-signalbox-arm")).toBe(`candidate@${other}`);
    expect(answer.headers.get("x-signalbox-model")).toBe("echo-large");
  });

  it("is promoted into the settings of a new version, and the draft follows", async () => {
    const id = await begun({ candidate: { engine: "arch", deadline_ms: 9_000, min_confidence: 0.1 }, percent: 5 });
    const promoted = await call(tenant.adminKey, `/api/v1/rollouts/${id}/promote`, { method: "POST" });
    expect(promoted).toMatchObject({ status: 200, body: { status: "promoted", policy: null } });
    const settings = { engine: "arch", deadline_ms: 9_000, min_confidence: 0.1 };
    expect((await tenant.api("/routers/default/versions/2")).body.document).toMatchObject({
      settings,
      targets: DOCUMENT.targets,
    });
    expect((await tenant.api("/routers/default/draft")).body.settings).toMatchObject(settings);
    const answer = await ask("is my train late?");
    expect(told(answer).arm).toBeNull();
    expect(await engineOf(answer)).toBe("arch");
  });
});

describe("a candidate for a router's model in shadow", () => {
  const shadow = { percent: 100 };

  it("decides what was decided, nobody notices, and the receipt says whether both agree", async () => {
    const id = await begun({ shadow });
    const answer = await ask("is my train late?");
    expect(told(answer)).toEqual({ source: "engine", arm: `control@${id}`, policy: "trains" });
    expect(await engineOf(answer)).toBe("embedded");
    expect(await copyOf(answer)).toMatchObject({
      status: "routed",
      engine: expect.stringMatching(/^arch@/),
      routing_arm: `shadow@${id}`,
      arm: null,
      policy: "trains",
      agrees: true,
      model: null,
      routing_usage: { input_tokens: 325, output_tokens: 2 },
    });
    vllm.answers = [WEATHER];
    const dry = await ask("when does the train to Bergen leave?", { path: "/v1/route" });
    expect(dry.body).toMatchObject({ policy: "trains", routing_arm: `control@${id}` });
    expect(await copyOf(dry)).toMatchObject({ policy: "weather", agrees: false });

    expect(told(await ask("is my train late?")).source, "what is remembered is not decided").toBe("memo");
    expect(vllm.asked).toHaveLength(2);
    const { arms, of } = await compared(id);
    expect(arms).toMatchObject({
      control: { requests: 2 },
      candidate: { requests: 0 },
      shadow: { requests: 2, censored: 0 },
    });
    expect(of("agreement")).toMatchObject({ control: null, shadow: { of: 2, value: 0.5 } });
    expect(of("fallback_rate")).toMatchObject({ control: { value: 0 }, shadow: { value: 0 } });
    expect(of("outcome", "matched")).toMatchObject({ control: { value: 1 }, shadow: { value: 1 } });
    expect(of("confidence")).toMatchObject({ control: { of: 2 }, shadow: { of: 2 } });
    expect(of("decide_p50")).toMatchObject({ control: { of: 2 }, shadow: { of: 2 } });
    const cost = (69 * 10 + 256 * 1 + 2 * 100) / 1e6;
    expect(of("routing_cost_usd")).toMatchObject({ control: null, shadow: { of: 2, value: expect.any(Number) } });
    const [day] = (await tenant.api("/usage")).body.data as Record<string, Record<string, number>>[];
    expect(day?.["routing"]?.["cost_usd"], "the copies' cost is apart").toBe(0);
    expect(day?.["shadow"]).toMatchObject({ requests: 2 });
    expect(day?.["shadow"]?.["cost_usd"]).toBeGreaterThanOrEqual(cost);
  });

  it.each<[string, VllmStandIn["answers"], number, string]>([
    ["fails", [BROKEN], 10_000, "unavailable|invalid"],
    ["hangs", [hang], 300, "timeout"],
    ["says nothing one can read", [json(200, "{}")], 10_000, "unavailable|invalid"],
  ])("that %s has no effect on anybody, and counts as fallback", async (_how, answers, deadline_ms, reason) => {
    vllm.answers = answers;
    const id = await begun({ candidate: { engine: "arch", deadline_ms }, shadow });
    const answer = await ask("is my train late?");
    expect([answer.status, told(answer).source, told(answer).policy]).toEqual([200, "engine", "trains"]);
    const copy = await copyOf(answer);
    expect(copy).toMatchObject({ status: "routed", agrees: null, outcome: null, engine: null });
    expect(copy["source"]).toMatch(new RegExp(`^fallback:(${reason})$`));
    const { of } = await compared(id);
    expect(of("fallback_rate")).toMatchObject({ control: { value: 0 }, shadow: { value: 1 } });
    expect(of("agreement")).toMatchObject({ shadow: null });
  });

  it("stops for the day when its tokens are used up", async () => {
    const id = await begun({ shadow: { percent: 100, tokens_per_day: 300 } });
    await copyOf(await ask("is my train late?"));
    const copy = await copyOf(await ask("when does the train to Bergen leave?"));
    expect(copy).toMatchObject({ status: "censored", error_code: "budget" });
    expect(vllm.asked).toHaveLength(1);
    expect((await compared(id)).arms["shadow"]).toMatchObject({ requests: 1, censored_by: { budget: 1 } });
  });

  it("is one tenant's alone: another's conversations are neither shown to it nor decided by it", async () => {
    const id = await begun({ shadow });
    const { tenant: other } = await mintEchoTenant(DOCUMENT);
    const theirs = await ask("is my train late?", { of: other });
    expect(told(theirs)).toEqual({ source: "engine", arm: null, policy: "trains" });
    await copyOf(await ask("is my train late?"));
    expect(vllm.asked).toHaveLength(1);
    const otherId = await begun({ shadow }, other);
    await ask("when does the train to Bergen leave?", { of: other });
    await expect.poll(() => vllm.asked.length).toBe(2);
    const [mine, others] = vllm.asked.map(({ body }) => body["cache_salt"]);
    expect(mine).not.toBe(others);
    expectProblem(await call(other.adminKey, `/api/v1/rollouts/${id}/comparison`), 404, "not_found");
    expect((await compared(id)).arms["shadow"]).toMatchObject({ requests: 1 });
    expect(otherId).not.toBe(id);
  });
});

describe("a rollout of a router's model", () => {
  it.each([
    ["an engine that is not there", { candidate: { engine: "nothing" } }, "/candidate/engine"],
    ["an engine of a policy", { policy: "trains" }, "/candidate/engine"],
    ["a model of no policy", { candidate: { model: "echo-code" } }, "/policy"],
    ["no router", { router: "nothing" }, "/router"],
    ["a deadline nobody keeps", { candidate: { engine: "arch", deadline_ms: 1 } }, "/candidate/deadline_ms"],
    ["a field nobody knows", { candidate: { engine: "arch", prompt: "x" } }, "/candidate/prompt"],
    ["an engine that is no name", { candidate: { engine: 5 } }, "/candidate/engine"],
    [
      "a guardrail on feedback",
      { guardrails: { feedback_score: { metric: "tone", at_least: 0 } } },
      "/guardrails/feedback_score",
    ],
  ])("is refused with %s, by name", async (_what, fields, at) => {
    const answer = await begin(fields);
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toEqual([at]);
  });

  it("is one at a time for a router, beside those of its policies", async () => {
    const id = await begun({});
    expectProblem(await begin({}), 409, "conflict");
    await begun({ policy: "trains", candidate: { model: "echo-code" } });
    await call(tenant.adminKey, `/api/v1/rollouts/${id}/abort`, { body: {} });
    await begun({});
  });

  it("is not begun while nobody can say which engines there are", async () => {
    worker.inference.mode = "cut";
    const answer = await begin({});
    worker.inference.mode = "pass";
    expectProblem(answer, 503, "service_unavailable");
  });
});

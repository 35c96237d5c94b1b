import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectProblem, pointers } from "../management/problem.ts";
import { stack } from "../stack/provided.ts";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { ANSWER, STREAMS } from "../upstreams/recordings.ts";
import { StandIn } from "../upstreams/stand-in.ts";
import { chat, PRICES, receiptOf } from "./scene.ts";

const MESSAGES = [{ role: "user", content: "When does my parcel arrive?" }];
const DOCUMENT = {
  policies: [
    { name: "invoices", description: "Questions about invoices, payments and refunds" },
    { name: "parcels", description: "Where a parcel is and when it will arrive" },
  ],
  targets: { parcels: { model: "main" } },
  fallback: { model: "main" },
  settings: { deadline_ms: 10_000 },
};
const SHADOW = { percent: 100 };

interface Tenancy {
  readonly tenant: TestTenant;
  readonly key: string;
  readonly rollout: string;
}

let main: StandIn;
let trial: StandIn;
beforeAll(async () => {
  [main, trial] = [await StandIn.start(), await StandIn.start()];
});
afterAll(() => Promise.all([main.stop(), trial.stop()]));

/** A tenant whose requests `main` answers, and whose rollout has `trial` answer copies of them. */
async function mint(shadow: object = SHADOW, rollout: object = {}): Promise<Tenancy> {
  const tenant = await mintTenant();
  const kind = "openai-compatible";
  await tenant.provider({ slug: "main", kind, base_url: main.baseUrl, credential: `sk-main-${tenant.id}` });
  await tenant.provider({ slug: "trial", kind, base_url: trial.baseUrl, credential: `sk-trial-${tenant.id}` });
  await tenant.model({ slug: "main", provider: "main", prices: PRICES });
  await tenant.model({ slug: "trial", provider: "trial", prices: PRICES });
  await tenant.publish("default", DOCUMENT);
  const body = { router: "default", policy: "parcels", candidate: { model: "trial" }, percent: 0, shadow, ...rollout };
  const made = await tenant.api("/rollouts", { body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { tenant, key: await tenant.key(), rollout: made.body.id as string };
}

const ask = (key: string, body: object = {}, init: Parameters<typeof chat>[2] = {}): Promise<Response> =>
  chat(key, { model: "auto", messages: MESSAGES, ...body }, init);

/** The receipt of a request's copy, once it has arrived. */
async function copyOf(tenant: TestTenant, requestId: string | null): Promise<Record<string, unknown>> {
  const find = async (): Promise<Record<string, unknown> | undefined> => {
    const rows = (await tenant.api("/decisions?limit=100")).body.data as Record<string, unknown>[];
    return rows.find(({ kind, request_id }) => kind === "shadow" && request_id === requestId);
  };
  await expect.poll(find, { timeout: 20_000, interval: 200 }).toBeDefined();
  return (await find())!;
}
const copyOfAnswer = (tenant: TestTenant, answer: Response) => copyOf(tenant, answer.headers.get("x-request-id"));

beforeEach(() => {
  main.answer((call) => call.json(ANSWER));
  trial.answer((call) => call.json(ANSWER));
});

describe("a request's copy", () => {
  it("goes to the candidate beside the request, capped, metered apart, and nobody sees its answer", async () => {
    const { tenant, key, rollout } = await mint({ percent: 100, max_output_tokens: 64 });
    trial.answer((call) => call.json(ANSWER.replaceAll('"stop"', '"tool_calls"')));
    const headers = { "idempotency-key": "once", traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01` };
    const answer = await ask(key, { store: true, max_tokens: 500, temperature: 0.5 }, { headers });
    expect(await answer.text()).toBe(ANSWER);
    expect(answer.headers.get("x-signalbox-arm")).toBe(`control@${rollout}`);
    const copy = await copyOfAnswer(tenant, answer);
    expect(copy).toMatchObject({
      kind: "shadow",
      arm: `shadow@${rollout}`,
      model: "trial",
      status: "completed",
      attempts: 1,
      finish_reason: "tool_calls",
      usage: { input_tokens: 19, output_tokens: 10, estimated: false },
    });
    expect(copy["id"]).not.toBe(answer.headers.get("x-signalbox-decision"));

    expect([main.calls.length, trial.calls.length]).toEqual([1, 1]);
    const [sent] = trial.calls;
    expect(sent?.headers.authorization).toBe(`Bearer sk-trial-${tenant.id}`);
    expect([sent?.headers["idempotency-key"], sent?.headers["traceparent"]]).toEqual([undefined, undefined]);
    expect(JSON.parse(sent?.body ?? "")).toEqual({
      model: "trial",
      messages: MESSAGES,
      max_tokens: 64,
      temperature: 0.5,
    });
    expect(main.calls[0]?.headers["idempotency-key"]).toBe("once");

    expect((await receiptOf(tenant, answer))["model"]).toBe("main");
    const [day] = (await tenant.api("/usage")).body.data as Record<string, unknown>[];
    expect(day).toMatchObject({
      requests: 1,
      input_tokens: 19,
      shadow: { requests: 1, input_tokens: 19, output_tokens: 10, cost_usd: copy["cost_usd"] },
    });
    const compared = (await tenant.api(`/rollouts/${rollout}/comparison`)).body;
    expect(compared.arms).toMatchObject({
      control: { requests: 1, censored: 0 },
      candidate: { requests: 0 },
      shadow: { requests: 1, censored: 0, censored_by: {}, cost_usd: copy["cost_usd"] },
    });
    const spent = (await tenant.api(`/rollouts/${rollout}`)).body.shadow_spent;
    expect(spent).toEqual({ day: new Date(copy["created_at"] as string).toISOString().slice(0, 10), tokens: 29 });
  });

  it("is streamed when the request is, and read to its end though the request is long over", async () => {
    const { tenant, key } = await mint();
    main.answer((call) => call.stream([STREAMS.text]));
    const open = Promise.withResolvers<ReturnType<(typeof trial.calls)[0]["openStream"]>>();
    trial.answer((call) => open.resolve(call.openStream()));
    const answer = await ask(key, { stream: true });
    expect(await answer.text()).toBe(STREAMS.text);
    expect(await receiptOf(tenant, answer)).toMatchObject({ status: "completed" });
    (await open.promise).end(STREAMS.text);
    expect(await copyOfAnswer(tenant, answer)).toMatchObject({
      status: "completed",
      stream: true,
      finish_reason: "stop",
    });
  });

  it("that hangs delays nothing, and is cut off at its deadline", async () => {
    const { tenant, key, rollout } = await mint({ percent: 100, deadline_ms: 400 });
    trial.answer(() => undefined);
    const answer = await ask(key);
    expect(await answer.text()).toBe(ANSWER);
    expect(await copyOfAnswer(tenant, answer)).toMatchObject({
      status: "censored",
      error_code: "deadline",
      usage: { output_tokens: 0, estimated: true },
    });
    expect(await trial.calls[0]!.closed).toBe(false);
    const { arms } = (await tenant.api(`/rollouts/${rollout}/comparison`)).body;
    expect(arms.shadow).toMatchObject({ requests: 0, censored: 1, censored_by: { deadline: 1 } });
  });

  it.each<[string, Parameters<StandIn["answer"]>[0], object]>([
    ["fails", (call) => call.respond(500, {}), { error_code: "provider_error" }],
    ["is refused its credential", (call) => call.respond(401, {}), { error_code: "provider_auth_failed" }],
    ["is refused its fields", (call) => call.json("{}", 400), { error_code: "upstream_rejected", http_status: 400 }],
    ["breaks off", (call) => call.cut(), { error_code: "provider_error" }],
    ["is no JSON", (call) => call.respond(200, {}, "<html>"), { error_code: "provider_error" }],
    ["is redirected", (call) => call.respond(307, { location: "/v1/x" }), { error_code: "provider_error" }],
  ])("that %s is asked for once, and the request never hears of it", async (_how, answering, end) => {
    const { tenant, key } = await mint();
    trial.answer(answering);
    const answer = await ask(key);
    expect(await answer.text()).toBe(ANSWER);
    expect(await copyOfAnswer(tenant, answer)).toMatchObject({ status: "failed", attempts: 1, ...end });
    expect(trial.calls).toHaveLength(1);
  });

  it("whose answer is too large to be held is cut off", async () => {
    const { tenant, key } = await mint();
    trial.answer((call) => call.json(`{"choices":[],"x":"${"y".repeat(2_000_000)}"}`));
    const answer = await ask(key);
    expect(await answer.text()).toBe(ANSWER);
    expect(await copyOfAnswer(tenant, answer)).toMatchObject({ status: "censored", error_code: "answer_too_large" });
  });

  it("that its cap ends, or that does not heed it, counts as censored", async () => {
    const { tenant, key } = await mint({ percent: 100, max_output_tokens: 8 });
    trial.answer((call) => call.json(ANSWER.replaceAll('"stop"', '"length"')));
    const capped = await ask(key, { max_tokens: 500 });
    expect(await copyOfAnswer(tenant, capped)).toMatchObject({ status: "censored", error_code: "output_cap" });
    const asked = await ask(key, { max_tokens: 8 });
    expect(await copyOfAnswer(tenant, asked)).toMatchObject({ status: "completed", finish_reason: "length" });

    main.answer((call) => call.stream([STREAMS.text]));
    trial.answer((call) => {
      const stream = call.openStream();
      const talking = setInterval(() => stream.write(STREAMS.truncated), 10);
      void call.closed.then(() => clearInterval(talking));
    });
    const heedless = await ask(key, { stream: true });
    expect(await heedless.text()).toBe(STREAMS.text);
    expect(await copyOfAnswer(tenant, heedless)).toMatchObject({ status: "censored", error_code: "output_cap" });
    expect(await trial.calls[0]!.closed).toBe(false);
  });

  it("ends with its caller, and counts as censored", async () => {
    const { tenant, key } = await mint();
    main.answer((call) => {
      const stream = call.openStream();
      const talking = setInterval(() => stream.write(STREAMS.truncated), 20);
      void call.closed.then(() => clearInterval(talking));
    });
    trial.answer((call) => void call.openStream().write(STREAMS.truncated));
    const leaving = new AbortController();
    const answer = await ask(key, { stream: true }, { signal: leaving.signal });
    await answer.body!.getReader().read();
    await expect.poll(() => trial.calls.length).toBe(1);
    leaving.abort();
    expect(await trial.calls[0]!.closed).toBe(false);
    expect(await copyOfAnswer(tenant, answer)).toMatchObject({ status: "censored", error_code: "client_gone" });
    expect((await receiptOf(tenant, answer))["status"]).toBe("aborted");
  });

  it("goes on when the request fails", async () => {
    const { tenant, key } = await mint();
    main.answer((call) => call.json("{}", 400));
    const answer = await ask(key);
    expect(answer.status).toBe(400);
    expect(await copyOfAnswer(tenant, answer)).toMatchObject({ status: "completed", model: "trial" });
  });
});

describe("no copy", () => {
  it("is made where answering could have the provider act", async () => {
    const { tenant, key } = await mint();
    for (const fields of [{ tools: [{ type: "mcp", server_url: "https://x.example" }] }, { web_search_options: {} }]) {
      const answer = await ask(key, fields);
      expect(await copyOfAnswer(tenant, answer)).toMatchObject({ status: "censored", error_code: "hosted_tools" });
    }
    expect(trial.calls).toHaveLength(0);
    const tools = [{ type: "function", function: { name: "track", parameters: { type: "object" } } }];
    trial.answer((call) => call.json(ANSWER.replaceAll('"stop"', '"tool_calls"')));
    expect(await copyOfAnswer(tenant, await ask(key, { tools }))).toMatchObject({ finish_reason: "tool_calls" });
    expect(trial.calls, "what the candidate calls is called by nobody").toHaveLength(1);
  });

  it("is made for a candidate that cannot or may not serve the request, or is this very deployment", async () => {
    const { tenant, rollout } = await mint();
    const narrow = await tenant.key({ allowed_models: ["main"] });
    expect(await copyOfAnswer(tenant, await ask(narrow))).toMatchObject({
      error_code: "model_not_allowed",
      attempts: 0,
    });
    await tenant.api(`/rollouts/${rollout}/abort`, { body: {} });

    const key = await tenant.key();
    const baseUrl = `${stack().baseUrl.replace("127.0.0.1", "localhost")}/v1`;
    await tenant.provider({ slug: "self", kind: "openai-compatible", base_url: baseUrl, credential: key });
    await tenant.model({ slug: "loop", provider: "self" });
    const candidate = { model: "loop" };
    const again = { router: "default", policy: "parcels", candidate, percent: 0, shadow: SHADOW };
    expect((await tenant.api("/rollouts", { body: again })).status).toBe(201);
    const answer = await ask(await tenant.key());
    expect(answer.status).toBe(200);
    expect(await copyOfAnswer(tenant, answer)).toMatchObject({ status: "failed", error_code: "loop_detected" });
    expect(trial.calls).toHaveLength(0);
  });

  it("is made of explicit models, of decisions without an answer, of the candidate's own, or while paused", async () => {
    const { tenant, key, rollout } = await mint(SHADOW, { percent: 100 });
    expect((await ask(key)).headers.get("x-signalbox-arm")).toBe(`candidate@${rollout}`);
    const narrowed = { method: "PATCH", body: { percent: 0 }, headers: { "if-match": "*" } };
    expect((await tenant.api(`/rollouts/${rollout}`, narrowed)).status).toBe(200);
    const fresh = await tenant.key();
    await ask(fresh, { model: "main" });
    await fetch(`${stack().baseUrl}/v1/route`, {
      method: "POST",
      headers: { authorization: `Bearer ${fresh}` },
      body: JSON.stringify({ model: "auto", messages: MESSAGES }),
    });
    await tenant.api(`/rollouts/${rollout}/pause`, { method: "POST" });
    const paused = await ask(await tenant.key());
    await receiptOf(tenant, paused);
    const rows = (await tenant.api("/decisions")).body.data as { kind: string }[];
    expect(rows.map(({ kind }) => kind).toSorted()).toEqual(["completion", "completion", "completion", "route"]);
    expect(trial.calls, "the candidate's own").toHaveLength(1);
  });

  it("is made once the day's tokens are used up", async () => {
    const { tenant, key, rollout } = await mint({ percent: 100, tokens_per_day: 29 });
    expect(await copyOfAnswer(tenant, await ask(key))).toMatchObject({ status: "completed" });
    // A new key is looked up, and with it what has been used up.
    const later = await ask(await tenant.key());
    expect(await copyOfAnswer(tenant, later)).toMatchObject({ status: "censored", error_code: "budget", attempts: 0 });
    expect(trial.calls).toHaveLength(1);
    const { arms } = (await tenant.api(`/rollouts/${rollout}/comparison`)).body;
    expect(arms.shadow).toMatchObject({ requests: 1, censored: 1, censored_by: { budget: 1 } });
  });

  it("is made beyond what one tenant's may take of an isolate, and another tenant still has its own", async () => {
    const [busy, other] = [await mint(), await mint()];
    const asOf = (id: string) => trial.calls.filter((call) => call.headers.authorization === `Bearer sk-trial-${id}`);
    trial.answer((call) =>
      call.headers.authorization?.endsWith(busy.tenant.id) === true ? undefined : call.json(ANSWER),
    );
    const answers: Response[] = [];
    for (let sent = 0; sent < 9; sent += 1) answers.push(await ask(busy.key));
    expect(await copyOfAnswer(busy.tenant, answers[8]!)).toMatchObject({ status: "censored", error_code: "busy" });
    expect(await copyOfAnswer(other.tenant, await ask(other.key))).toMatchObject({ status: "completed" });
    expect([asOf(busy.tenant.id).length, asOf(other.tenant.id).length]).toEqual([8, 1]);
    for (const call of asOf(busy.tenant.id)) call.json(ANSWER);
    for (const answer of answers.slice(0, 8)) {
      expect(await copyOfAnswer(busy.tenant, answer)).toMatchObject({ status: "completed" });
    }
    trial.answer((call) => call.json(ANSWER));
    expect(await copyOfAnswer(busy.tenant, await ask(busy.key))).toMatchObject({ status: "completed" });
  });
});

describe("a shadow", () => {
  it("is one tenant's alone, though another has all the same names", async () => {
    const [mine, theirs] = [await mint(), await mint(SHADOW, { shadow: null })];
    const secret = randomUUID();
    const answer = await ask(mine.key, { messages: [{ role: "user", content: `Where is my parcel ${secret}?` }] });
    await copyOfAnswer(mine.tenant, answer);
    await receiptOf(theirs.tenant, await ask(theirs.key));
    expect(trial.calls.map((call) => call.headers.authorization)).toEqual([`Bearer sk-trial-${mine.tenant.id}`]);
    const rows = (await theirs.tenant.api("/decisions")).body.data as { kind: string; arm: string }[];
    expect(rows.map(({ kind, arm }) => [kind, arm])).toEqual([["completion", `control@${theirs.rollout}`]]);
    const [day] = (await theirs.tenant.api("/usage")).body.data as Record<string, unknown>[];
    expect(day).toMatchObject({ requests: 1, shadow: { requests: 0, cost_usd: 0 } });
    expectProblem(await theirs.tenant.api(`/rollouts/${mine.rollout}/comparison`), 404, "not_found");
    expect((await theirs.tenant.api(`/rollouts/${theirs.rollout}`)).body.shadow_spent).toBeNull();
  });

  it("is added, changed and taken away by who has seen the rollout as it is", async () => {
    const { tenant, rollout } = await mint(SHADOW);
    const read = () => tenant.api(`/rollouts/${rollout}`);
    const filled = { percent: 100, max_output_tokens: 1_024, tokens_per_day: 1_000_000, deadline_ms: 60_000 };
    expect((await read()).body.shadow).toEqual(filled);
    const etag = (await read()).headers.get("etag") ?? "";
    const change = (shadow: unknown, match: string) =>
      tenant.api(`/rollouts/${rollout}`, { method: "PATCH", body: { shadow }, headers: { "if-match": match } });
    expect((await change({ ...filled, percent: 5 }, etag)).body).toMatchObject({ percent: 0, shadow: { percent: 5 } });
    expectProblem(await change(null, etag), 412, "precondition_failed");
    expect((await change(null, "*")).body.shadow).toBeNull();
    expect((await change(null, "*")).status).toBe(200);
    const actions = (await tenant.api("/audit-log")).body.data.map(
      ({ action }: { action: string }) => action,
    ) as string[];
    expect(actions.filter((action) => action === "rollout.update")).toHaveLength(2);
  });

  it.each([
    ["no share", { percent: 0 }, "/shadow/percent"],
    ["too large a share", { percent: 100.5 }, "/shadow/percent"],
    ["no cap", { percent: 5, max_output_tokens: 0 }, "/shadow/max_output_tokens"],
    ["half a token", { percent: 5, max_output_tokens: 1.5 }, "/shadow/max_output_tokens"],
    ["a budget without end", { percent: 5, tokens_per_day: 1e12 }, "/shadow/tokens_per_day"],
    ["a deadline in the past", { percent: 5, deadline_ms: -1 }, "/shadow/deadline_ms"],
    ["a field nobody knows", { percent: 5, tokens: 1 }, "/shadow/tokens"],
    ["words", "all", "/shadow"],
  ])("is refused with %s, by name", async (_what, shadow, at) => {
    const { tenant, rollout } = await mint();
    const patch = { method: "PATCH", body: { shadow }, headers: { "if-match": "*" } };
    const answer = await tenant.api(`/rollouts/${rollout}`, patch);
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toEqual([at]);
  });
});

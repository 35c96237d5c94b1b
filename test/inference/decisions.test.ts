import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { decideErrorSchema, decideResponseSchema, enginesResponseSchema } from "../../inference/contract/index.ts";
import type { DecideResponse } from "../../inference/contract/index.ts";
import { startInference, TOKEN } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { assistant, best, decideRequest, policies, user } from "./requests.ts";
import { hang, json, startVllm } from "./vllm-stand-in.ts";
import type { Answer, VllmStandIn } from "./vllm-stand-in.ts";

const running: { stop: () => Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

const documented = (name: string): string =>
  readFileSync(new URL(`../fixtures/decisions/documented-${name}.json`, import.meta.url), "utf8");
const answerWith = (name: string): Answer => json(200, documented(name));

/** Deployments behind one process, each with a server of its own, by name. */
async function inferenceWith<Name extends string>(
  deployments: Record<Name, { provider: string; answer: Answer; warmUp?: string; rest?: object }>,
): Promise<{ service: InferenceProcess; servers: Record<Name, VllmStandIn> }> {
  const servers: Record<string, VllmStandIn> = {};
  const engines: object[] = [];
  for (const [name, one] of Object.entries<(typeof deployments)[Name]>(deployments)) {
    const { provider, answer, warmUp = "vllm", rest } = one;
    const standIn = await startVllm([answer], { warmUp: answerWith(warmUp) });
    running.push({ stop: standIn.close });
    servers[name] = standIn;
    engines.push({
      kind: "decisions",
      name,
      provider,
      baseUrls: [standIn.url],
      model: "some-model",
      apiKey: "key",
      ...rest,
    });
  }
  const service = await startInference({ ENGINES: JSON.stringify(engines), EMBEDDED_THREADS: "1" });
  running.push(service);
  while ((await service.get("/readyz", null)).status !== 200);
  return { service, servers };
}

const thread = [user("Will it rain?"), assistant("Yes."), user("is my train late?")];
const ask = (service: InferenceProcess, engine: string, rest = {}) =>
  service.post("/v1/decide", decideRequest(thread, { engine, paidEngines: [engine], ...rest }));

async function decided(response: Response): Promise<DecideResponse> {
  expect(response.status).toBe(200);
  return decideResponseSchema.parse(await response.json());
}

async function refused(response: Response) {
  return { status: response.status, ...decideErrorSchema.parse(await response.json()).error };
}

describe("a decision by a decision model", () => {
  test("is asked for in the words of its server, and read the same from all of them", async () => {
    const { service, servers } = await inferenceWith({
      vllm: { provider: "vllm", answer: answerWith("vllm") },
      typesafe: { provider: "typesafe", answer: answerWith("typesafe") },
      "workers-ai": { provider: "workers-ai", answer: answerWith("workers-ai") },
      openai: { provider: "openai", answer: answerWith("openai") },
      sglang: { provider: "sglang", answer: answerWith("sglang"), warmUp: "sglang" },
    });
    const expected = {
      vllm: { path: "/v1/systemone", tokens: { prompt: 211, cached: 0, completion: 0 }, salt: "tenant-hmac" },
      typesafe: { path: "/v1/systemone", tokens: { prompt: 180, cached: 0, completion: 0 }, salt: undefined },
      "workers-ai": { path: "/run/some-model", tokens: { prompt: 175, cached: 0, completion: 0 }, salt: undefined },
      openai: { path: "/v1/decisions", tokens: { prompt: 190, cached: 64, completion: 0 }, salt: undefined },
      sglang: { path: "/v1/decisions", tokens: undefined, salt: undefined },
    };
    for (const [name, { path, tokens, salt }] of Object.entries(expected)) {
      const decision = await decided(await ask(service, name, { isolation: "tenant-hmac" }));
      expect([name, best(decision)]).toEqual([name, "trains"]);
      expect(decision.scores.map(({ policy }) => policy)).toEqual(["weather", "recipes", "trains", null]);
      expect(decision.scores[2]?.probability).toBeCloseTo(0.92, 1);
      expect(decision.engine.split("@")[0]).toBe(name);
      expect(decision.tokens).toEqual(tokens);
      const asked = servers[name as keyof typeof servers].asked;
      expect(asked).toHaveLength(1);
      expect(asked[0]).toMatchObject({ path, headers: { authorization: "Bearer key" } });
      expect(asked[0]?.body["cache_salt"]).toBe(salt);
      expect(JSON.stringify(asked[0]?.body)).toContain("is my train late?");
    }
    await ask(service, "openai");
    const metrics = await (await service.get("/metrics")).text();
    expect(metrics).toContain('signalbox_inference_tokens_total{engine="openai",kind="prompt"} 380');
    const { engines } = enginesResponseSchema.parse(await (await service.get("/v1/engines")).json());
    expect(engines.slice(0, 3)).toMatchObject([
      { name: "embedded" },
      { name: "vllm", paid: false, preview: true },
      { name: "typesafe", ready: true, paid: true, preview: true },
    ]);
    expect(engines[0]).not.toHaveProperty("paid");
  });

  test("may come without probabilities, from outside of the options, or not at all", async () => {
    const { service } = await inferenceWith({
      laya: { provider: "laya", answer: answerWith("laya") },
      "low-mass": { provider: "vllm", answer: answerWith("vllm-low-mass") },
      refusing: { provider: "openai", answer: answerWith("openai-refusal") },
    });
    expect(best(await decided(await ask(service, "laya")))).toBe("other");
    expect((await decided(await ask(service, "low-mass"))).unsureReason).toBe("outside_options");
    expect((await decided(await ask(service, "refusing"))).unsureReason).toBe("refused");
  });

  test("between more policies than options is asked about the likeliest ones, and says so", async () => {
    const { service, servers } = await inferenceWith({
      few: { provider: "vllm", answer: answerWith("vllm"), rest: { maxOptions: 5 } },
    });
    const fillers = Array.from({ length: 40 }, (_, n) => ({ name: `tax ${n}`, description: `Tax form number ${n}` }));
    const decision = await decided(await ask(service, "few", { policies: [...fillers, ...policies] }));
    expect(decision.shortlisted).toBe(4);
    expect(decision.scores).toHaveLength(44);
    expect(best(decision)).toBe("trains");
    expect(decision.scores.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    // However many were left out, they take nothing from those that were asked about.
    expect(decision.scores.filter(({ probability }) => probability === 0)).toHaveLength(39);
    expect(decision.timings).toHaveProperty("shortlist_ms");
    const { questions } = servers.few.asked[0]?.body as {
      questions: { policy: { criteria: Record<string, string> } };
    };
    const options = Object.keys(questions.policy.criteria);
    expect(options).toHaveLength(5);
    expect(options).toContain("trains");
    expect(options.at(-1)).toBe("other");
    expect((await decided(await ask(service, "few"))).shortlisted).toBeUndefined();
  });
});

test("a server that will not decide is told apart from one that cannot, and nothing of it is quoted", async () => {
  const hosted = (provider: string, status: number, body: string) => ({ provider, answer: json(status, body) });
  const { service, servers } = await inferenceWith({
    allocation: hosted("workers-ai", 429, documented("workers-ai-allocation")),
    capacity: hosted("workers-ai", 429, documented("workers-ai-capacity")),
    quota: hosted("openai", 429, documented("openai-quota")),
    "no-reader": hosted("typesafe", 501, documented("vllm-no-reader")),
    failed: hosted("workers-ai", 200, '{"success":false,"errors":[{"code":5006}],"result":null}'),
    essay: hosted("typesafe", 200, '{"answers":{"policy":{"type":"essay"}}}'),
    page: hosted("openai", 200, "<html>gateway</html>"),
  });
  const expected = {
    allocation: [503, "engine_unavailable", 1],
    capacity: [429, "overloaded", 2],
    quota: [503, "engine_unavailable", 1],
    "no-reader": [503, "engine_unavailable", 1],
    failed: [503, "engine_unavailable", 2],
    essay: [503, "engine_unavailable", 2],
    page: [503, "engine_unavailable", 2],
  };
  for (const [name, [status, code, askedOf]] of Object.entries(expected)) {
    const refusal = await refused(await ask(service, name));
    expect([name, refusal.status, refusal.code]).toEqual([name, status, code]);
    expect(refusal.message).not.toMatch(/daily|your current|gateway|Capacity|support/);
    await ask(service, name);
    // What another try cannot change is not tried again for a while.
    expect([name, servers[name as keyof typeof servers].asked.length]).toEqual([name, askedOf]);
  }
});

test("what costs money is asked for those alone who may use it", async () => {
  const { service, servers } = await inferenceWith({
    jev: { provider: "typesafe", answer: answerWith("typesafe") },
    free: { provider: "typesafe", answer: answerWith("typesafe"), rest: { paid: false } },
  });
  for (const paidEngines of [undefined, [], ["free"]]) {
    expect(await refused(await ask(service, "jev", { paidEngines }))).toMatchObject({
      status: 403,
      code: "engine_not_allowed",
    });
  }
  expect(servers.jev.asked).toHaveLength(0);
  expect((await ask(service, "jev")).status).toBe(200);
  expect((await ask(service, "free", { paidEngines: [] })).status).toBe(200);
});

test("hosted engines whose accounts are used up leave the service ready, and are listed as what they are", async () => {
  const standIn = await startVllm([json(402, '{"error":{"code":"payment_required"}}')]);
  running.push({ stop: standIn.close });
  const hosted = { kind: "decisions", baseUrls: [standIn.url], model: "m" };
  const engines = [
    { ...hosted, name: "jev", provider: "typesafe" },
    { ...hosted, name: "gpt", provider: "openai" },
    { kind: "cascade", name: "careful", second: "jev" },
    { kind: "cascade", name: "rented", first: "jev", second: "gpt" },
  ];
  const service = await startInference({ ENGINES: JSON.stringify(engines), EMBEDDED_THREADS: "1" });
  running.push(service);
  for (const name of ["jev", "gpt"]) {
    expect(await refused(await ask(service, name))).toMatchObject({ status: 503, code: "engine_unavailable" });
  }
  const ready = await service.get("/readyz", null);
  expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", missing: [] }]);
  const listed = enginesResponseSchema.parse(await (await service.get("/v1/engines")).json());
  expect(Object.fromEntries(listed.engines.map((engine) => [engine.name, engine.ready]))).toEqual({
    embedded: true,
    jev: false,
    gpt: false,
    careful: true,
    rented: false,
  });
});

test("a server that cannot warm up never makes its engine ready", async () => {
  const standIn = await startVllm([answerWith("vllm")], { warmUp: json(501, documented("vllm-no-reader")) });
  running.push({ stop: standIn.close });
  const deployment = { kind: "decisions", name: "plano", provider: "vllm", baseUrls: [standIn.url], model: "m" };
  const service = await startInference({ ENGINES: JSON.stringify([deployment]), EMBEDDED_THREADS: "1" });
  running.push(service);
  expect(await refused(await ask(service, "plano"))).toMatchObject({ status: 503, code: "not_ready" });
  expect(await (await service.get("/readyz", null)).json()).toEqual({ status: "not_ready", missing: ["plano"] });
});

test("a server that says nothing is called off at the deadline, and when the caller leaves", async () => {
  const { service, servers } = await inferenceWith({ mute: { provider: "typesafe", answer: hang } });
  const first = servers.mute.nextAsked();
  const late = await ask(service, "mute", { deadlineMs: 300 });
  expect(await refused(late)).toMatchObject({ status: 504, code: "deadline_exceeded" });
  await (
    await first
  ).gone;

  const second = servers.mute.nextAsked();
  const caller = new AbortController();
  const asking = fetch(`${service.url}/v1/decide`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(decideRequest(thread, { engine: "mute", paidEngines: ["mute"] })),
    signal: caller.signal,
  });
  const left = expect(asking).rejects.toThrow();
  const asked = await second;
  caller.abort();
  await left;
  await asked.gone;
});

import { afterEach, describe, expect, test } from "vitest";
import { decideErrorSchema, decideResponseSchema, enginesResponseSchema } from "../../inference/contract/index.ts";
import type { DecideResponse } from "../../inference/contract/index.ts";
import { startInference } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { assistant, best, decideRequest, user } from "./requests.ts";
import { cutMidAnswer, hang, json, recorded, startVllm } from "./vllm-stand-in.ts";
import type { Answer, VllmStandIn } from "./vllm-stand-in.ts";

const running: { stop: () => Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function vllm(answers: Answer[], health = 200): Promise<VllmStandIn> {
  const standIn = await startVllm(answers, { health });
  running.push({ stop: standIn.close });
  return standIn;
}

async function inferenceWith(...servers: VllmStandIn[]): Promise<InferenceProcess> {
  const deployment = {
    name: "arch",
    baseUrls: servers.map((server) => server.url),
    model: "smol",
    format: "arch-router-v1",
    apiKey: "upstream-key",
  };
  const service = await startInference({ ENGINES: JSON.stringify([deployment]), EMBEDDED_THREADS: "1" });
  running.push(service);
  return service;
}

async function untilReady(service: InferenceProcess): Promise<void> {
  while ((await service.get("/readyz", null)).status !== 200);
}

const thread = [user("Will it rain?"), assistant("Yes."), user("is my train late?")];
const ask = (service: InferenceProcess, rest = {}) =>
  service.post("/v1/decide", decideRequest(thread, { engine: "arch", ...rest }));

async function decided(response: Response): Promise<DecideResponse> {
  expect(response.status).toBe(200);
  return decideResponseSchema.parse(await response.json());
}

async function refused(response: Response) {
  return { status: response.status, ...decideErrorSchema.parse(await response.json()).error };
}

const answerWith = (name: string): Answer => json(200, recorded(name));

describe("a decision by a server that can only be constrained", () => {
  test("is asked for once, constrained to the names in published order, and read from the log-probabilities", async () => {
    const server = await vllm([answerWith("chat-choice-trains.json")]);
    const service = await inferenceWith(server);
    await untilReady(service);
    const decision = await decided(await ask(service, { isolation: "tenant-hmac" }));

    expect(best(decision)).toBe("trains");
    expect(decision.scores.map((score) => score.policy)).toEqual(["weather", "recipes", "trains", null]);
    expect(decision.scores[2]?.probability).toBeGreaterThan(0.7);
    expect(decision.scores[1]?.probability).toBeGreaterThan(decision.scores[0]?.probability ?? 1);
    expect(decision.engine).toMatch(/^arch@/);
    expect(decision.tokens).toEqual({ prompt: 325, cached: 256, completion: 2 });

    expect(server.asked).toHaveLength(1);
    const [{ path, headers, body }] = server.asked as [VllmStandIn["asked"][0]];
    expect(path).toBe("/v1/chat/completions");
    expect(headers.authorization).toBe("Bearer upstream-key");
    expect(Object.keys(body).sort()).toEqual([
      "add_generation_prompt",
      "cache_salt",
      "continue_final_message",
      "logprobs",
      "max_tokens",
      "messages",
      "model",
      "structured_outputs",
      "temperature",
      "top_logprobs",
    ]);
    expect(body).toMatchObject({
      model: "smol",
      structured_outputs: { choice: ["weather", "recipes", "trains", "other"] },
      cache_salt: "tenant-hmac",
      continue_final_message: true,
      add_generation_prompt: false,
      temperature: 0,
    });
    const messages = body["messages"] as { role: string; content: string }[];
    expect(messages.map((message) => message.role)).toEqual(["user", "assistant"]);
    expect(messages[0]?.content).toContain('{"role":"user","content":"is my train late?"}]\n</conversation>');
    expect(messages[1]?.content).toBe('{"route": "');
  });

  test("`other` becomes null", async () => {
    const service = await inferenceWith(await vllm([answerWith("chat-choice-other.json")]));
    await untilReady(service);
    expect(best(await decided(await ask(service)))).toBe("other");
  });

  test("a fenced answer with single quotes is understood when the constraint was ignored", async () => {
    const service = await inferenceWith(await vllm([answerWith("chat-unconstrained-fenced.json")]));
    await untilReady(service);
    const decision = await decided(await ask(service));
    expect(best(decision)).toBe("recipes");
    expect(decision.unsureReason).toBeUndefined();
  });

  test("is asked for once more with less of the conversation, when nobody could say that it was too long", async () => {
    const tooLong = json(400, recorded("error-status-phrase.json"));
    const server = await vllm([tooLong, answerWith("chat-choice-trains.json")]);
    const service = await inferenceWith(server);
    await untilReady(service);
    const conversation = [user("Will it rain?"), assistant("日本".repeat(1_000)), user("is my train late?")];
    const request = decideRequest(conversation, { engine: "arch" });
    expect(best(await decided(await service.post("/v1/decide", request)))).toBe("trains");
    const [whole = "", less = ""] = server.asked.map(({ body }) => JSON.stringify(body));
    expect(whole).toContain("日本".repeat(900));
    expect(less.length).toBeLessThan(whole.length - 1_400);
    expect(less).toContain("is my train late?");
    expect(server.asked).toHaveLength(2);
  });

  test.each(["chat-outside.json", "chat-empty.json"])("%s names no policy: unsure", async (name) => {
    const service = await inferenceWith(await vllm([answerWith(name)]));
    await untilReady(service);
    expect((await decided(await ask(service))).unsureReason).toBe("outside_options");
  });
});

describe("a server that refuses", () => {
  test.each([
    [400, "error-bad-request.json", 503, "engine_unavailable"],
    [400, "error-status-phrase.json", 400, "invalid_request"],
    [404, "error-detail.json", 503, "engine_unavailable"],
    [401, "error-unauthorized.json", 503, "engine_unavailable"],
    [503, "error-queue-full.json", 429, "overloaded"],
    [501, "error-not-implemented.json", 503, "engine_unavailable"],
  ])("with %i %s is answered %i %s, and nothing of it is quoted", async (upstream, name, status, code) => {
    const service = await inferenceWith(await vllm([json(upstream, recorded(name))]));
    await untilReady(service);
    const response = await ask(service);
    const refusal = await refused(response);
    expect(refusal).toMatchObject({ status, code });
    if (status === 429) expect(response.headers.get("retry-after")).toBe("1");
    expect(refusal.message).not.toMatch(/maximum context|Unauthorized|structured outputs|Not Found/);
  });

  test.each([
    ["a page", "<html>bad gateway</html>"],
    ["JSON of another shape", '{"ok":true}'],
    ["nothing", ""],
  ])("with a 200 that is %s is unavailable", async (_what, body) => {
    const service = await inferenceWith(await vllm([json(200, body)]));
    await untilReady(service);
    expect(await refused(await ask(service))).toMatchObject({ status: 503, code: "engine_unavailable" });
  });

  test("is not followed elsewhere", async () => {
    const elsewhere = await vllm([answerWith("chat-choice-trains.json")]);
    const redirect = json(307, "", { location: `${elsewhere.url}/v1/chat/completions` });
    const service = await inferenceWith(await vllm([redirect]));
    await untilReady(service);
    expect(await refused(await ask(service))).toMatchObject({ status: 503, code: "engine_unavailable" });
    expect(elsewhere.asked).toHaveLength(0);
  });
});

describe("a server that fails", () => {
  test("while it starts leaves the engine not ready and the embedded one at work; then it is ready", async () => {
    const server = await vllm([answerWith("chat-choice-trains.json")], 503);
    const service = await inferenceWith(server);
    const ready = await service.get("/readyz", null);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ missing: ["arch"] });
    expect(await refused(await ask(service))).toMatchObject({ status: 503, code: "not_ready" });
    expect((await ask(service, { engine: "embedded" })).status).toBe(200);
    server.health = 200;
    await untilReady(service);
    expect(best(await decided(await ask(service)))).toBe("trains");
  });

  test("in the middle of its answer hands the decision to the next server", async () => {
    const cut = cutMidAnswer(recorded("chat-choice-trains.json"));
    let broken: string | undefined;
    // Whichever is first in line for this policy set cuts, twice; only then the other one is asked.
    const once =
      (name: string): Answer =>
      (asked, response) => {
        broken ??= name;
        (broken === name ? cut : answerWith("chat-choice-trains.json"))(asked, response);
      };
    const servers = [await vllm([once("a")]), await vllm([once("b")])];
    const service = await inferenceWith(...servers);
    while (service.logs.filter((log) => log["event"] === "replica").length < 2) await service.get("/healthz", null);
    expect(best(await decided(await ask(service)))).toBe("trains");
    expect(servers.map(({ asked }) => asked.length)).toEqual(broken === "a" ? [2, 1] : [1, 2]);
  });

  test("alone and in the middle of its answer makes the engine unavailable", async () => {
    const service = await inferenceWith(await vllm([cutMidAnswer(recorded("chat-choice-trains.json"))]));
    await untilReady(service);
    expect(await refused(await ask(service))).toMatchObject({ status: 503, code: "engine_unavailable" });
  });

  test("to answer in time is given up at the deadline, and its slot is freed", async () => {
    const server = await vllm([hang]);
    const service = await inferenceWith(server);
    await untilReady(service);
    const asked = server.nextAsked();
    expect(await refused(await ask(service, { deadlineMs: 150 }))).toMatchObject({
      status: 504,
      code: "deadline_exceeded",
    });
    await (
      await asked
    ).gone;
  });
});

test("when the caller goes away the question to the server is closed", async () => {
  const server = await vllm([hang]);
  const service = await inferenceWith(server);
  await untilReady(service);
  const asked = server.nextAsked();
  const caller = new AbortController();
  const request = fetch(`${service.url}/v1/decide`, {
    method: "POST",
    headers: { authorization: "Bearer test-service-token-one", "content-type": "application/json" },
    body: JSON.stringify(decideRequest(thread, { engine: "arch" })),
    signal: caller.signal,
  });
  const { gone } = await asked;
  caller.abort();
  await expect(request).rejects.toThrow();
  await gone;
});

test("policy texts are compared by the embedded engine; vLLM has no vectors", async () => {
  const service = await inferenceWith(await vllm([answerWith("chat-choice-trains.json")]));
  await untilReady(service);
  const body = decideRequest(thread);
  expect((await service.post("/v1/similarity", body)).status).toBe(200);
  expect(await refused(await service.post("/v1/similarity", { ...body, engine: "arch" }))).toMatchObject({
    status: 400,
    param: "engine",
  });
});

test("the list of engines says what is left for the policies in the prompt of each", async () => {
  const servers = await Promise.all([vllm([]), vllm([])]);
  const deployments = servers.map(({ url }, index) => ({
    name: `arch-${index}`,
    baseUrls: [url],
    model: "smol",
    format: "arch-router-v1",
    ...(index === 1 && { maxPolicyTokens: 1500 }),
  }));
  const service = await startInference({ ENGINES: JSON.stringify(deployments), EMBEDDED_THREADS: "1" });
  running.push(service);
  const { engines } = enginesResponseSchema.parse(await (await service.get("/v1/engines")).json());
  expect(engines.map(({ name, policyTokens, promptTokens }) => [name, policyTokens, promptTokens])).toEqual([
    ["embedded", 64, undefined],
    ["arch-0", undefined, 8000],
    ["arch-1", undefined, 1500],
  ]);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decideErrorSchema,
  decideResponseSchema,
  enginesResponseSchema,
  policyDigest,
  prepareResponseSchema,
  similarityResponseSchema,
} from "../../inference/contract/index.ts";
import type { DecideResponse, Turn } from "../../inference/contract/index.ts";
import { startInference } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { assistant, best, decideRequest, policies, user } from "./requests.ts";

let service: InferenceProcess;
beforeAll(async () => {
  service = await startInference();
});
afterAll(() => service.stop());

async function decide(conversation: readonly Turn[], rest = {}): Promise<DecideResponse> {
  const response = await service.post("/v1/decide", decideRequest(conversation, rest));
  expect(response.status).toBe(200);
  return decideResponseSchema.parse(await response.json());
}

describe("a decision", () => {
  test("names a probability for each policy in published order, then for `other`", async () => {
    const decision = await decide([user("Will it snow in Oslo tomorrow?")]);
    expect(decision.scores.map((score) => score.policy)).toEqual(["weather", "recipes", "trains", null]);
    expect(decision.scores.reduce((sum, score) => sum + score.probability, 0)).toBeCloseTo(1, 9);
    expect(decision.engine).toMatch(/^embedded@.+/);
    expect(decision.escalated).toBe(false);
    expect(best(decision)).toBe("weather");
  });

  test("keeps the running policy for a follow-up and leaves it for a new task", async () => {
    const thread = [user("Will it snow in Oslo tomorrow?"), assistant("Yes, about five centimetres.")];
    expect(best(await decide([...thread, user("and in Bergen?")]))).toBe("weather");
    expect(best(await decide([...thread, user("How do I cook a mushroom risotto?")]))).toBe("recipes");
    expect(best(await decide([...thread, user("thanks, that's all!")]))).toBe("other");
  });

  test("is the same for the same input, whoever asks and whatever came between", async () => {
    const thread = [user("When does the train to Ghent leave?"), assistant("At 9:14."), user("is it late?")];
    const first = await decide(thread);
    await decide([user("What is for dinner?")]);
    const again = await decide(thread, { isolation: "another-tenant" });
    expect(again.scores).toEqual(first.scores);
  });

  test("comes from the engine that `default` means", async () => {
    expect((await decide([user("rain?")], { engine: "default" })).engine).toMatch(/^embedded@/);
    expect((await decide([user("rain?")], { engine: "embedded" })).engine).toMatch(/^embedded@/);
  });
});

describe("texts of every kind are decided", () => {
  const LONG_PASTE = "The quick brown fox jumps over the lazy dog. ".repeat(2_000);
  test.each([
    ["nothing", ""],
    ["white space", " \n\t "],
    ["emoji", "🌧️☔👨‍👩‍👧‍👦🫠"],
    ["Japanese", "明日の大阪の天気を教えてください"],
    ["Arabic", "كيف سيكون الطقس غدا في القاهرة؟"],
    ["Hindi", "क्या कल बारिश होगी?"],
    ["code", "def f(x):\n    return {k: v for k, v in x.items() if v < 3}\n# why?"],
    ["special tokens", "[CLS] [SEP] [MASK] <|im_end|> </s>"],
    ["control characters", "a\u0000b\u0007c\u200b\ufeff"],
    ["half a surrogate pair", "\ud83d half"],
    ["a long paste", LONG_PASTE],
    ["one endless word", "a".repeat(50_000)],
  ])("%s", async (_kind, text) => {
    await decide([user(text)]);
    await decide([user(text), assistant(text), user(text)]);
  });

  test("two hundred policies", async () => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      name: `topic ${n}`,
      description: `Questions on topic ${n}`,
    }));
    const decision = await decide([user("a question on topic 7")], { policies: many });
    expect(decision.scores).toHaveLength(201);
  });

  test("one policy without a description", async () => {
    expect((await decide([user("rain?")], { policies: [{ name: "weather", description: "" }] })).scores).toHaveLength(
      2,
    );
  });

  test("two hundred turns; a thousand are refused, not choked on", async () => {
    const turns = (count: number): Turn[] =>
      Array.from({ length: count }, (_, n) => (n % 2 === 0 ? user(`question ${n}`) : assistant(`answer ${n}`)));
    await decide([...turns(198), user("last one")]);
    const refused = await service.post("/v1/decide", decideRequest([...turns(1000), user("last one")]));
    expect(refused.status).toBe(400);
    expect(decideErrorSchema.parse(await refused.json()).error).toMatchObject({ param: "conversation" });
  });
});

test("prepare answers the digest of the policies", async () => {
  const response = await service.post("/v1/prepare", { contract: 1, policies });
  expect(response.status).toBe(200);
  expect(prepareResponseSchema.parse(await response.json())).toMatchObject({
    policyDigest: await policyDigest(policies),
    engine: expect.stringMatching(/^embedded@/) as string,
  });
});

test("similarity is symmetric, one with itself, and higher for texts that mean the same", async () => {
  const texts = [...policies, { name: "forecast", description: "What the weather will be like" }];
  const response = await service.post("/v1/similarity", { contract: 1, policies: texts });
  expect(response.status).toBe(200);
  const { similarities } = similarityResponseSchema.parse(await response.json());
  expect(similarities).toHaveLength(4);
  texts.forEach((_, row) => {
    expect(similarities[row]?.[row]).toBeCloseTo(1, 6);
    texts.forEach((_text, column) => expect(similarities[row]?.[column]).toBe(similarities[column]?.[row]));
  });
  expect(similarities[0]?.[3]).toBeGreaterThan(similarities[1]?.[3] ?? 1);
});

test("names and descriptions are compared as entries of their own, with no other half", async () => {
  const texts = [
    { name: "refunds", description: "" },
    { name: "delivery", description: "" },
    { name: "", description: "When a parcel will be delivered" },
    { name: "", description: "" },
  ];
  const response = await service.post("/v1/similarity", { contract: 1, policies: texts });
  const { similarities } = similarityResponseSchema.parse(await response.json());
  expect(similarities[2]?.[1]).toBeGreaterThan(similarities[2]?.[0] ?? 1);
});

test("engines are listed with their version, readiness and what they read of the policies", async () => {
  const response = await service.get("/v1/engines");
  const listed = enginesResponseSchema.parse(await response.json());
  expect(listed).toMatchObject({ default: "embedded", engines: [{ name: "embedded", ready: true, policyTokens: 64 }] });
});

test("probes answer without a token", async () => {
  expect((await service.get("/healthz", null)).status).toBe(200);
  const ready = await service.get("/readyz", null);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({ status: "ready", missing: [] });
});

test("metrics are Prometheus text", async () => {
  const metrics = await service.get("/metrics");
  expect(metrics.headers.get("content-type")).toContain("text/plain");
  expect(await metrics.text()).toContain("signalbox_inference_decisions_total");
});

test("a request id comes back, and in its place a new one when it is not well-formed", async () => {
  const headers = { "x-request-id": "req_01ABC" };
  expect((await fetch(`${service.url}/healthz`, { headers })).headers.get("x-request-id")).toBe("req_01ABC");
  const odd = await fetch(`${service.url}/healthz`, { headers: { "x-request-id": "two words" } });
  expect(odd.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
});

test("no text of a conversation or a policy is ever written out", async () => {
  const secret = "xylophone-7391";
  const named = [{ name: `about ${secret}`, description: secret }];
  await decide([user(`tell me about ${secret}`)], { policies: named });
  await service.post("/v1/decide", { contract: 1, policies: named, conversation: [user(secret)], deadlineMs: secret });
  await service.post("/v1/decide", `{"contract":1,"conversation":"${secret}`);
  const metrics = await (await service.get("/metrics")).text();
  expect(service.output() + metrics).not.toContain(secret);
});

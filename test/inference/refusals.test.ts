import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decideErrorSchema } from "../../inference/contract/index.ts";
import { SECOND_TOKEN, startInference, TOKEN } from "./inference-process.ts";
import type { InferenceProcess } from "./inference-process.ts";
import { assistant, decideRequest, policies, user } from "./requests.ts";

let service: InferenceProcess;
beforeAll(async () => {
  service = await startInference({ MAX_BODY_BYTES: "100000" });
});
afterAll(() => service.stop());

const POSTS = ["/v1/decide", "/v1/prepare", "/v1/similarity"];
const GUARDED = [...POSTS, "/v1/engines", "/metrics", "/v1/nothing-here"];

const good = decideRequest([user("rain?")]);

async function refusal(response: Response) {
  return decideErrorSchema.parse(await response.json()).error;
}

describe("tokens", () => {
  test("both tokens are accepted", async () => {
    expect((await service.post("/v1/decide", good, TOKEN)).status).toBe(200);
    expect((await service.post("/v1/decide", good, SECOND_TOKEN)).status).toBe(200);
  });

  test.each(GUARDED)("%s needs one", async (path) => {
    for (const token of [null, "", "wrong", `${TOKEN}x`, TOKEN.slice(0, -1), `${TOKEN},${SECOND_TOKEN}`]) {
      const response = POSTS.includes(path) ? await service.post(path, good, token) : await service.get(path, token);
      expect(response.status).toBe(401);
      expect(await refusal(response)).toMatchObject({ code: "unauthorized" });
    }
  });

  test("another scheme is no token", async () => {
    const headers = { authorization: `Basic ${Buffer.from(`a:${TOKEN}`).toString("base64")}` };
    expect((await fetch(`${service.url}/v1/engines`, { headers })).status).toBe(401);
  });

  test("the body of a stranger is not read", async () => {
    const response = await service.post("/v1/decide", "{not json", "wrong");
    expect(response.status).toBe(401);
  });
});

const named = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `p${n}`, description: "" }));

// Texts that are only compared may lack a name, share one, and be twice as many: names and descriptions apart.
describe.each(["/v1/decide", "/v1/prepare"])("%s refuses", (path) => {
  test.each([
    ["a policy without a name", { ...good, policies: [{ name: "", description: "d" }] }],
    ["the same name twice", { ...good, policies: [policies[0], policies[0]] }],
    ["too many policies", { ...good, policies: named(201) }],
  ])("%s", async (_what, body) => {
    const response = await service.post(path, body);
    expect(response.status).toBe(400);
    expect(await refusal(response)).toMatchObject({ code: "invalid_request" });
  });
});

describe.each(POSTS)("%s refuses", (path) => {
  test.each([
    ["an empty body", ""],
    ["no JSON", "{not json"],
    ["half a document", '{"contract":1,"policies":['],
    ["null", "null"],
    ["a list", "[]"],
    ["a number", "1"],
    ["nothing asked", "{}"],
    ["no policies", { ...good, policies: [] }],
    ["policies of the wrong type", { ...good, policies: "weather" }],
    ["a policy without a description", { ...good, policies: [{ name: "a" }] }],
    ["a name that is too long", { ...good, policies: [{ name: "n".repeat(65), description: "d" }] }],
    ["far too many policies", { ...good, policies: named(401) }],
    ["an engine nobody has", { ...good, engine: "unheard-of" }],
    ["an engine that is no name", { ...good, engine: 7 }],
  ])("%s", async (_what, body) => {
    const response = await service.post(path, body);
    expect(response.status).toBe(400);
    expect(await refusal(response)).toMatchObject({ code: "invalid_request" });
  });

  test("another version of the contract, naming the field", async () => {
    const response = await service.post(path, { ...good, contract: 2 });
    expect(response.status).toBe(400);
    expect(await refusal(response)).toMatchObject({ code: "invalid_request", param: "contract" });
  });

  test("bytes that are not UTF-8", async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const body = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
    expect((await fetch(service.url + path, { method: "POST", headers, body })).status).toBe(400);
  });

  test("a body that announces too many bytes, and one that does not announce them", async () => {
    const large = JSON.stringify({ ...good, padding: "x".repeat(100_001) });
    const announced = await service.post(path, large);
    expect(announced.status).toBe(413);
    expect(await refusal(announced)).toMatchObject({ code: "request_too_large" });
    expect(await statusOfChunked(path, large)).toBe(413);
  });

  test("keys it does not know are ignored and counted", async () => {
    expect((await service.post(path, { ...good, surprise: { deep: 1 } })).status).toBe(200);
    const metrics = await (await service.get("/metrics")).text();
    expect(metrics).toMatch(new RegExp(`unknown_keys_total\\{route="${path}"\\} [1-9]`));
  });
});

describe("a decision is refused", () => {
  test.each([
    ["without a conversation", { conversation: undefined }, "conversation"],
    ["with an empty conversation", { conversation: [] }, "conversation"],
    ["when the assistant spoke last", { conversation: [user("a"), assistant("b")] }, "conversation"],
    ["with a role it does not know", { conversation: [{ role: "system", content: "a" }] }, "conversation.0.role"],
    ["with content that is no text", { conversation: [{ role: "user", content: ["a"] }] }, "conversation.0.content"],
    ["without a deadline", { deadlineMs: undefined }, "deadlineMs"],
    ["with a deadline of nothing", { deadlineMs: 0 }, "deadlineMs"],
    ["with a deadline of part of a millisecond", { deadlineMs: 1.5 }, "deadlineMs"],
    ["with an isolation token that is too long", { isolation: "x".repeat(129) }, "isolation"],
    ["with a threshold over one", { escalateBelow: 1.1 }, "escalateBelow"],
    ["with a bias beyond all bounds", { otherBias: 11 }, "otherBias"],
    [
      "with a policy named as the outcome `other`",
      { policies: [{ name: "other", description: "" }] },
      "policies.0.name",
    ],
    ["for an engine nobody has", { engine: "unheard-of" }, "engine"],
  ])("%s", async (_what, change, param) => {
    const response = await service.post("/v1/decide", { ...good, ...change });
    expect(response.status).toBe(400);
    expect(await refusal(response)).toMatchObject({ code: "invalid_request", param });
  });
});

test("an address that does not exist is a 404 in the same shape", async () => {
  const response = await service.get("/nowhere", null);
  expect(response.status).toBe(404);
  expect(await refusal(response)).toMatchObject({ code: "not_found" });
});

/** Sends without content-length and reads the status as soon as it comes. */
function statusOfChunked(path: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const sending = request(service.url + path, { method: "POST", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.on("error", reject);
    for (let at = 0; at < body.length; at += 10_000) sending.write(body.slice(at, at + 10_000));
    sending.end();
  });
}

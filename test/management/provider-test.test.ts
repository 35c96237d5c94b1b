import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { StandIn, type UpstreamCall } from "../upstreams/stand-in.ts";
import { expectProblem, pointers } from "./problem.ts";

const SECRET = "sk-very-secret-0123456789";
const error = (fields: object): string => JSON.stringify({ error: { message: "no", ...fields } });
const completion = JSON.stringify({ id: "c", object: "chat.completion", choices: [], model: "m" });

describe("the test of a provider", () => {
  let upstream: StandIn;
  let tenant: TestTenant;

  beforeAll(async () => {
    upstream = await StandIn.start();
    tenant = await mintTenant();
    const address = { kind: "openai-compatible", base_url: upstream.baseUrl, credential: SECRET };
    await tenant.provider({ slug: "own", ...address });
    await tenant.model({ slug: "m", provider: "own", upstream_model: "up/m" });
    await tenant.provider({ slug: "bare", ...address });
  });
  afterAll(() => upstream.stop());

  const test = (slug = "own", body: unknown = {}): Promise<Answer> => tenant.api(`/providers/${slug}/test`, { body });

  it("is one call for one token of the provider's own model", async () => {
    upstream.answer((seen) => seen.json(completion));
    const answer = await test("own", { model: "m" });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ok: true, outcome: "ok", status: 200, model: "m" });
    expect(upstream.calls).toHaveLength(1);
    expect(upstream.calls[0]?.path).toBe("/v1/chat/completions");
    expect(JSON.parse(upstream.calls[0]?.body ?? "")).toMatchObject({ model: "up/m", max_tokens: 1 });
    expect(upstream.calls[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  it.each<readonly [string, (seen: UpstreamCall) => void]>([
    ["wrong_key", (seen) => seen.json(error({ message: `Incorrect API key: ${SECRET}` }), 401)],
    ["wrong_key", (seen) => seen.json(error({}), 403)],
    ["model_not_found", (seen) => seen.json(error({ code: "model_not_found" }), 404)],
    ["model_not_found", (seen) => seen.json(error({ message: "The model `up/m` does not exist." }), 404)],
    ["model_not_found", (seen) => seen.json(error({ param: "model" }), 400)],
    ["wrong_url", (seen) => seen.json('{"detail":"Not Found"}', 404)],
    ["wrong_url", (seen) => seen.respond(404, { "content-type": "text/html" }, "<h1>Not here</h1>")],
    ["wrong_url", (seen) => seen.respond(200, { "content-type": "text/html" }, `<h1>${SECRET}</h1>`)],
    ["wrong_url", (seen) => seen.respond(301, { location: "https://example.com/" })],
    ["unreachable", (seen) => seen.cut()],
    ["rate_limited", (seen) => seen.json(error({}), 429)],
    ["provider_error", (seen) => seen.json(error({}), 500)],
    ["provider_error", (seen) => seen.json(error({ param: "messages" }), 400)],
    ["ok", (seen) => seen.json(error({ param: "max_tokens", code: "unsupported_parameter" }), 400)],
  ])("tells %s, after one call, without the provider's words", async (outcome, answering) => {
    upstream.answer(answering);
    const answer = await test();
    expect(answer.body).toMatchObject({ ok: outcome === "ok", outcome, model: "m" });
    expect(upstream.calls).toHaveLength(1);
    expect(JSON.stringify(answer.body)).not.toContain(SECRET);
  });

  it("needs no model to tell whether key and URL are right", async () => {
    upstream.answer((seen) => seen.json(error({ code: "model_not_found" }), 404));
    expect((await test("bare")).body).toMatchObject({ ok: true, model: null });
    upstream.answer((seen) => seen.json(error({}), 401));
    expect((await test("bare")).body).toMatchObject({ ok: false, outcome: "wrong_key" });
  });

  it("finds nobody's port closed, and an echo provider well", async () => {
    const port = await StandIn.start();
    await tenant.provider({ slug: "gone", kind: "openai-compatible", base_url: port.baseUrl });
    await port.stop();
    expect((await test("gone")).body).toMatchObject({ outcome: "unreachable", status: null });
    await tenant.provider({ slug: "echo" });
    expect((await test("echo")).body).toMatchObject({ ok: true });
  });

  it("is refused for a model that is not this provider's, and for a provider that is not there", async () => {
    expect(pointers(await test("own", { model: "none" }))).toEqual(["/model"]);
    expect(pointers(await test("bare", { model: "m" }))).toEqual(["/model"]);
    expect(pointers(await test("own", { url: "https://x.example" }))).toEqual(["/url"]);
    expectProblem(await test("none"), 404, "not_found");
    const stranger = await mintTenant();
    upstream.answer((seen) => seen.json(completion));
    expectProblem(await call("/api/v1/providers/own/test", stranger.adminKey, { body: {} }), 404, "not_found");
    expect(upstream.calls).toHaveLength(0);
  });
});

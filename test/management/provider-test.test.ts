import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { GOOGLE } from "../upstreams/google-refusals.ts";
import { StandIn, type UpstreamCall } from "../upstreams/stand-in.ts";
import { expectProblem, pointers } from "./problem.ts";

const SECRET = "sk-very-secret-0123456789";
const error = (fields: object): string => JSON.stringify({ error: { message: "no", ...fields } });
const BEDROCK_NO_MODEL = "The provided model identifier is invalid.";
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

  it.each<readonly [string, string, (seen: UpstreamCall) => void]>([
    ["wrong_key", "openai", (seen) => seen.json(error({ code: "invalid_api_key" }), 401)],
    ["model_not_found", "openai", (seen) => seen.json(error({ code: "model_not_found" }), 403)],
    ["wrong_key", "anthropic", (seen) => seen.json(error({ type: "authentication_error" }), 401)],
    ["model_not_found", "anthropic", (seen) => seen.json(error({ message: "model: up/m" }), 404)],
    ["wrong_url", "anthropic", (seen) => seen.json(error({ type: "not_found_error", message: "Not Found" }), 404)],
    ["wrong_key", "google", (seen) => seen.json(GOOGLE.wrongKey, 400)],
    ["wrong_key", "google", (seen) => seen.json(GOOGLE.noKey, 400)],
    ["model_not_found", "google", (seen) => seen.json(GOOGLE.noModel, 404)],
    ["wrong_url", "google", (seen) => seen.respond(404, { "content-type": "text/html" }, "<h1>404</h1>")],
    ["provider_error", "google", (seen) => seen.json(GOOGLE.unknownField, 400)],
    ["rate_limited", "google", (seen) => seen.json(GOOGLE.unknownField, 429)],
    ["wrong_key", "azure-openai", (seen) => seen.json(error({ code: "401" }), 401)],
    ["model_not_found", "azure-openai", (seen) => seen.json(error({ code: "DeploymentNotFound" }), 404)],
    ["wrong_url", "azure-openai", (seen) => seen.json(error({ code: "404", message: "Resource not found" }), 404)],
    ["wrong_key", "bedrock", (seen) => seen.json('{"Message":"Authentication failed"}', 403)],
    ["model_not_found", "bedrock", (seen) => seen.json('{"message":"You don\'t have access to the model"}', 403)],
    ["model_not_found", "bedrock", (seen) => seen.json(error({ message: BEDROCK_NO_MODEL }), 400)],
    ["wrong_url", "bedrock", (seen) => seen.json('{"Output":{"__type":"UnknownOperationException"}}', 404)],
  ])("tells %s of %s by what that vendor answers", async (outcome, kind, answering) => {
    upstream.answer(answering);
    const slug = `own-${kind}`;
    if ((await tenant.api(`/providers/${slug}`)).status === 404) {
      await tenant.provider({ slug, kind, base_url: upstream.baseUrl, credential: SECRET });
      await tenant.model({ slug: `m-${kind}`, provider: slug, upstream_model: "up/m" });
    }
    expect((await test(slug)).body).toMatchObject({ ok: false, outcome, model: `m-${kind}` });
    expect(upstream.calls).toHaveLength(1);
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

import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { call } from "../stack/tenant.ts";
import { ANSWER } from "../upstreams/recordings.ts";
import { chat, MESSAGES, receiptOf, useScene } from "./scene.ts";

const scene = useScene();

describe("the model a request names", () => {
  it("is served as asked, without routing, when it is a model", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const answer = await chat(key, { model: "spare", messages: MESSAGES });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-signalbox-source": "explicit",
      "x-signalbox-model": "spare",
      "x-signalbox-attempts": "1",
      "x-signalbox-decision": expect.stringMatching(/^dec_/),
      "server-timing": expect.stringMatching(/^auth;dur=\d.*upstream;dur=\d/),
    });
    expect(answer.headers.has("x-signalbox-router")).toBe(false);
    expect(answer.headers.has("x-signalbox-policy")).toBe(false);
    expect(await receiptOf(tenant, answer)).toMatchObject({ source: "explicit", outcome: null, router: null });
  });

  it("is routed when it is auto or a router, and every receipt header says how", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    for (const model of ["auto", "router/default"]) {
      const answer = await chat(key, { model, messages: MESSAGES }, { headers: { "x-signalbox-conversation": "c-1" } });
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "x-signalbox-router": expect.stringMatching(/^default@\d+$/),
        "x-signalbox-policy": expect.stringMatching(/^(small%20talk|other|unsure)$/),
        "x-signalbox-confidence": expect.stringMatching(/^[01](\.\d+)?$/),
        "x-signalbox-source": expect.stringMatching(/^(engine|memo)$/),
        "x-signalbox-model": "main",
        "server-timing": expect.stringContaining("decide;dur="),
      });
      const receipt = await receiptOf(tenant, answer);
      expect(receipt).toMatchObject({ router: "default", requested_model: model, stream: false });
      expect(receipt["engine"]).toMatch(/^.+@.+$/);
    }
  });

  it("is unknown to one tenant when it is another's, and forbidden to a key that may not use it", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    for (const model of ["nothing", "router/nothing", "acme-main", "router/", "constructor"]) {
      const answer = await call("/v1/chat/completions", key, { body: { model, messages: MESSAGES } });
      expect(answer).toMatchObject({ status: 404, body: { error: { code: "model_not_found", param: "model" } } });
    }
    const narrow = await tenant.key({ allowed_models: ["spare"], allowed_routers: [] });
    for (const model of ["main", "auto", "router/default"]) {
      const answer = await call("/v1/chat/completions", narrow, { body: { model, messages: MESSAGES } });
      expect(answer).toMatchObject({ status: 403, body: { error: { code: "model_not_allowed" } } });
    }
    expect((await call("/v1/chat/completions", narrow, { body: { model: "spare", messages: MESSAGES } })).status).toBe(
      200,
    );
    expect(upstream.calls).toHaveLength(1);
  });

  it("leaves a routed request only the models its key may use", async () => {
    const { tenant, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const narrow = await tenant.key({ allowed_models: ["spare"] });
    const answer = await chat(narrow, { model: "auto", messages: MESSAGES });
    expect(answer.headers.get("x-signalbox-model")).toBe("spare");
  });
});

describe("a request that no target can serve", () => {
  it("is refused, naming what it needs, with a receipt", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const image = [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }];
    const answer = await chat(key, { model: "auto", messages: [{ role: "user", content: image }] });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("x-signalbox-router")).toMatch(/^default@/);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect(error).toMatchObject({ code: "no_capable_target", message: expect.stringContaining("images") });
    expect(upstream.calls).toHaveLength(0);
    expect(await receiptOf(tenant, answer)).toMatchObject({ status: "refused", attempts: 0, model: null });
  });
});

describe("a decision without an answer", () => {
  it("has the same shape and receipt as any other, and calls no provider", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const answer = await call("/v1/route", key, { body: { model: "auto", messages: MESSAGES } });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^dec_/),
      router: "default",
      version: expect.any(Number),
      outcome: expect.stringMatching(/^(matched|other|unsure)$/),
      policy: answer.body.outcome === "matched" ? "small talk" : null,
      confidence: expect.any(Number),
      model: "main",
      source: expect.stringMatching(/^(engine|memo)$/),
      engine: expect.stringMatching(/^.+@.+$/),
      alternatives: [
        { policy: "small talk", probability: expect.any(Number) },
        { policy: null, probability: expect.any(Number) },
      ],
      arm: null,
      routing_arm: null,
      timings_ms: { auth: expect.any(Number), decide: expect.any(Number), total: expect.any(Number) },
    });
    expect(answer.headers.get("x-signalbox-decision")).toBe(answer.body.id);
    expect(upstream.calls).toHaveLength(0);
    const receipt = await receiptOf(tenant, String(answer.body.id));
    expect(receipt).toMatchObject({ kind: "route", status: "routed", model: "main", attempts: 0 });
  });

  it("refuses what a chat completion would refuse", async () => {
    const { key } = scene();
    const messages = [{ role: "system", content: "be kind" }];
    for (const path of ["/v1/route", "/v1/chat/completions"]) {
      const answer = await call(path, key, { body: { model: "auto", messages } });
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { code: "invalid_request_error", param: "messages" } },
      });
    }
  });
});

describe("routing that fails", () => {
  it("is served by the fallback and says so, or answers 503 when the client declines that", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const policies = [{ name: "anything", description: "Whatever is asked" }];
    const settings = { engine: "no-such-engine" };
    await tenant.publish("broken", { policies, targets: {}, fallback: { model: "spare" }, settings });
    await expect
      .poll(async () => (await call("/v1/models/router%2Fbroken", key)).status, { timeout: 15_000, interval: 200 })
      .toBe(200);

    const served = await chat(key, { model: "router/broken", messages: MESSAGES });
    expect(served.status).toBe(200);
    expect(served.headers.get("x-signalbox-source")).toMatch(/^fallback:/);
    expect(served.headers.get("x-signalbox-model")).toBe("spare");
    expect(await receiptOf(tenant, served)).toMatchObject({ outcome: null, policy: null, status: "completed" });

    const headers = { "x-signalbox-fallback": "off" };
    const declined = await chat(key, { model: "router/broken", messages: MESSAGES }, { headers });
    expect(declined.status).toBe(503);
    expect(await declined.json()).toMatchObject({ error: { code: "routing_unavailable" } });
    expect(upstream.calls).toHaveLength(1);
    expect(await receiptOf(tenant, declined)).toMatchObject({ status: "refused", http_status: 503 });
  });
});

describe("the list of models", () => {
  it("holds what the key may use, in OpenAI's shape", async () => {
    const { key, tenant } = scene();
    const all = await call("/v1/models", key);
    expect(all.body.object).toBe("list");
    const ids = (all.body.data as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["auto", "router/default", "main", "spare"]));
    for (const model of all.body.data) {
      expect(model).toEqual({
        id: expect.any(String),
        object: "model",
        created: expect.any(Number),
        owned_by: expect.any(String),
      });
      expect(Math.abs(model.created - Date.now() / 1000)).toBeLessThan(86_400);
    }
    const narrow = await tenant.key({ allowed_models: ["spare"], allowed_routers: [] });
    expect((await call("/v1/models", narrow)).body.data).toMatchObject([{ id: "spare" }]);
    expect((await call("/v1/models/main", narrow)).status).toBe(404);
  });

  it("finds one model by an id that holds slashes and colons, through the SDK and by hand", async () => {
    const { key } = scene();
    const client = new OpenAI({ apiKey: key, baseURL: `${stack().baseUrl}/v1` });
    for (const id of ["auto", "router/default", "vendor/family:tag"]) {
      expect(await client.models.retrieve(id)).toMatchObject({ id, object: "model" });
      expect((await call(`/v1/models/${id}`, key)).body).toMatchObject({ id });
    }
    expect(await call("/v1/models/nothing%2Fhere", key)).toMatchObject({
      status: 404,
      body: { error: { code: "model_not_found" } },
    });
  });
});

import { describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { mintTenant } from "../stack/tenant.ts";
import { ANSWER, STREAMS } from "../upstreams/recordings.ts";
import { chat, MESSAGES, PRICES, receiptOf, useScene } from "./scene.ts";

const scene = useScene();

interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}
const errorOf = async (answer: Response) => ((await answer.json()) as ErrorBody).error;

/** What was delivered is counted, by estimate, and costs what the model's prices say. */
function expectCostOfDelivered({ usage, cost_usd }: Record<string, unknown>): void {
  const { estimated, input_tokens, output_tokens } = usage as Record<string, number>;
  expect([estimated, output_tokens! > 0]).toEqual([true, true]);
  const { input_per_million: input, output_per_million: output } = PRICES;
  expect(cost_usd).toBeCloseTo((input_tokens! * input + output_tokens! * output) / 1e6, 12);
}

describe("an upstream failure before the first byte", () => {
  it("is tried again, and the receipt counts the calls", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call, index) =>
      index === 0 ? call.respond(503, {}) : index === 1 ? call.cut() : call.json(ANSWER),
    );
    const answer = await chat(key, { model: "main", messages: MESSAGES });
    expect(await answer.text()).toBe(ANSWER);
    expect(answer.headers.get("x-signalbox-attempts")).toBe("3");
    expect(await receiptOf(tenant, answer)).toMatchObject({ attempts: 3, status: "completed", model: "main" });
  });

  it("ends at the router's next fallback, which gets the same request under its own name", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => (call.body.includes("acme-main") ? call.respond(500, {}) : call.stream([STREAMS.text])));
    const answer = await chat(key, { model: "auto", messages: MESSAGES, stream: true });
    expect(await answer.text()).toBe(STREAMS.text);
    expect(answer.headers.get("x-signalbox-model")).toBe("spare");
    expect(answer.headers.get("x-signalbox-attempts")).toBe("4");
    expect(await receiptOf(tenant, answer)).toMatchObject({
      model: "spare",
      upstream_model: "acme-spare",
      attempts: 4,
    });
  });

  it("is a 502 with a receipt when nothing is left to try, and SDKs are told not to go on", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.respond(500, {}, "internal stack trace of the provider"));
    const answer = await chat(key, { model: "auto", messages: MESSAGES });
    expect(answer.status).toBe(502);
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect(answer.headers.get("x-signalbox-attempts")).toBe("6");
    expect(answer.headers.get("x-signalbox-router")).toMatch(/^default@\d+$/);
    const error = await errorOf(answer);
    expect(error).toMatchObject({ code: "provider_error", type: "server_error", param: null });
    expect(error.message).not.toContain("stack trace");
    expect(await receiptOf(tenant, answer)).toMatchObject({
      status: "failed",
      http_status: 502,
      error_code: "provider_error",
      attempts: 6,
      model: "spare",
      usage: { input_tokens: null, output_tokens: null },
    });
  });

  it("waits as a rate-limited provider asks, and passes a longer wait on to the client", async () => {
    const { key, upstream } = scene();
    upstream.answer((call, index) => (index === 0 ? call.respond(429, { "retry-after": "0" }) : call.json(ANSWER)));
    expect((await chat(key, { model: "main", messages: MESSAGES })).status).toBe(200);

    upstream.answer((call) => call.respond(429, { "retry-after": "17" }));
    const answer = await chat(key, { model: "main", messages: MESSAGES });
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("17");
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect(await errorOf(answer)).toMatchObject({ code: "rate_limit_exceeded" });
    expect(upstream.calls).toHaveLength(1);
  });

  it("is a 504 when a silent provider's time is up, and its call is ended", async () => {
    const { key, upstream } = scene();
    upstream.answer(() => undefined);
    const answer = await chat(key, { model: "hasty", messages: MESSAGES, stream: true });
    expect(answer.status).toBe(504);
    expect(await errorOf(answer)).toMatchObject({ code: "provider_timeout" });
    expect(await Promise.all(upstream.calls.map((call) => call.closed))).toEqual([false]);
  });

  it.each([401, 403])("%i from the provider blames the tenant's credential, not the caller's key", async (status) => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.json('{"error":{"message":"Incorrect API key provided: sk-acme"}}', status));
    const answer = await chat(key, { model: "auto", messages: MESSAGES });
    expect(answer.status).toBe(502);
    const error = await errorOf(answer);
    expect(error.code).toBe("provider_auth_failed");
    expect(error.message).not.toContain("sk-acme");
    expect(upstream.calls).toHaveLength(1);
  });

  it("never follows a redirect", async () => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.respond(307, { location: `${upstream.baseUrl}/elsewhere` }));
    const answer = await chat(key, { model: "main", messages: MESSAGES });
    expect(answer.status).toBe(502);
    expect(answer.headers.get("location")).toBeNull();
    expect((await errorOf(answer)).code).toBe("provider_error");
    expect(upstream.calls.map((call) => call.path)).toEqual(["/v1/chat/completions"]);
  });

  it("is a 502 when a successful answer is no JSON", async () => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.respond(200, { "content-type": "text/html" }, "<html>proxy login</html>"));
    const answer = await chat(key, { model: "main", messages: MESSAGES });
    expect(answer.status).toBe(502);
    expect((await errorOf(answer)).code).toBe("provider_error");
  });
});

describe("what the provider says about the request itself", () => {
  it("passes with its status and body, and is not tried again", async () => {
    const { key, tenant, upstream } = scene();
    const body =
      '{"error":{"message":"Unsupported value","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}';
    upstream.answer((call) => call.json(body, 400));
    const answer = await chat(key, { model: "auto", messages: MESSAGES, temperature: 9 });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toBe(body);
    expect(upstream.calls).toHaveLength(1);
    expect(await receiptOf(tenant, answer)).toMatchObject({
      status: "failed",
      http_status: 400,
      usage: { input_tokens: null, output_tokens: null },
    });
  });
});

describe("a stream that breaks off", () => {
  it.each([
    ["with its connection", (stream: { destroy: () => unknown }) => stream.destroy()],
    ["with a clean end", (stream: { end: () => unknown }) => stream.end()],
  ])("%s ends in an error event and without [DONE]", async (_how, breakOff) => {
    const { key, tenant, upstream } = scene();
    upstream.answer(async (call) => {
      const stream = call.openStream();
      await new Promise((resolve) => stream.write(STREAMS.truncated, resolve));
      breakOff(stream);
    });
    const answer = await chat(key, { model: "auto", messages: MESSAGES, stream: true });
    const text = await answer.text();
    expect(text.startsWith(STREAMS.truncated)).toBe(true);
    expect(JSON.parse(text.slice(STREAMS.truncated.length).replace(/^data: /, ""))).toEqual({
      error: { message: expect.any(String), type: "server_error", param: null, code: "upstream_stream_interrupted" },
    });
    const receipt = await receiptOf(tenant, answer);
    expect(receipt).toMatchObject({ status: "interrupted", error_code: "upstream_stream_interrupted" });
    expectCostOfDelivered(receipt);
  });

  it("by falling silent ends the same way, and the provider's call is ended", async () => {
    const { key, upstream } = scene();
    upstream.answer((call) => void call.openStream().write(STREAMS.truncated));
    const answer = await chat(key, { model: "hasty", messages: MESSAGES, stream: true });
    expect(await answer.text()).toContain('"code":"upstream_stream_interrupted"');
    expect(await upstream.calls[0]!.closed).toBe(false);
  });

  it("with an error of the provider's own passes it on and is recorded as failed", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => call.stream([STREAMS.errorInside]));
    const answer = await chat(key, { model: "main", messages: MESSAGES, stream: true });
    expect(await answer.text()).toBe(STREAMS.errorInside);
    expect(await receiptOf(tenant, answer)).toMatchObject({ status: "failed", error_code: "provider_error" });
  });
});

describe("a client that goes away", () => {
  it("ends the provider's call and leaves a receipt that says so", async () => {
    const { key, tenant, upstream } = scene();
    // A connection that ends is noticed on writing to it, so this provider goes on talking.
    upstream.answer((call) => {
      const stream = call.openStream();
      const talking = setInterval(() => stream.write(STREAMS.truncated), 20);
      void call.closed.then(() => clearInterval(talking));
    });
    const leaving = new AbortController();
    const answer = await chat(key, { model: "main", messages: MESSAGES, stream: true }, { signal: leaving.signal });
    await answer.body!.getReader().read();
    leaving.abort();
    expect(await upstream.calls[0]!.closed).toBe(false);
    const receipt = await receiptOf(tenant, answer);
    expect(receipt["status"]).toBe("aborted");
    expectCostOfDelivered(receipt);
  });
});

describe("a loop", () => {
  it("is refused when a request comes back with our own mark on it", async () => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    await chat(key, { model: "main", messages: MESSAGES });
    const hop = String(upstream.calls[0]!.headers["x-signalbox-hop"]);
    const answer = await chat(key, { model: "main", messages: MESSAGES }, { headers: { "x-signalbox-hop": hop } });
    expect(answer.status).toBe(508);
    expect((await errorOf(answer)).code).toBe("loop_detected");
    expect(upstream.calls).toHaveLength(1);
  });

  it("through a provider that is this deployment ends in 508", async () => {
    const tenant = await mintTenant();
    const key = await tenant.key();
    const baseUrl = `${stack().baseUrl.replace("127.0.0.1", "localhost")}/v1`;
    await tenant.provider({ slug: "self", kind: "openai-compatible", base_url: baseUrl, credential: key });
    await tenant.model({ slug: "loop", provider: "self", upstream_model: "loop" });
    const answer = await chat(key, { model: "loop", messages: MESSAGES });
    expect(answer.status).toBe(508);
  });
});

import { describe, expect, it } from "vitest";
import { decideRequestSchema, type Turn } from "../../inference/contract/index.ts";
import { ManualClock, settled } from "../../test/edge-path/manual-clock.ts";
import type { LogFields } from "../log.ts";
import { routerDocumentSchema, type RouterDocumentInput } from "../routing/router-document.ts";
import type { PublishedRouter } from "../tenancy/snapshot.ts";
import type { Question } from "./decide.ts";
import { createDecider } from "./decider.ts";

interface Call {
  readonly url: string;
  readonly init: RequestInit;
  readonly body: Record<string, unknown>;
  /** An error is a network that fails. */
  readonly answer: (response: Response | Error) => void;
}

/** The inference service, answering when a test says so. A call is there as soon as the network is asked. */
class HeldService {
  readonly calls: Call[] = [];
  #waiting: (() => void) | null = null;

  readonly fetch: typeof fetch = (input, init) =>
    new Promise((resolve, reject) => {
      const text = typeof init?.body === "string" ? init.body : "null";
      const body = JSON.parse(text) as Record<string, unknown>;
      const answer: Call["answer"] = (response) => (response instanceof Error ? reject(response) : resolve(response));
      this.calls.push({ url: input as string, init: init!, body, answer });
      this.#waiting?.();
    });

  /** The call with this number, once it was made. */
  async call(index: number): Promise<Call> {
    while (this.calls.length <= index) await new Promise<void>((resolve) => (this.#waiting = resolve));
    return this.calls[index]!;
  }
}

const decided = (policy: string | null = "code", engine = "embedded@1"): Response =>
  Response.json({ scores: [{ policy, probability: 1 }], engine, escalated: false, timings: {} });

const routerOf = (settings: RouterDocumentInput["settings"] = {}, names = ["code", "law"]): PublishedRouter => ({
  id: "rtr_1",
  slug: "default",
  version: 1,
  policy_digest: `digest:${names.join()}`,
  published_at: "2026-01-01T00:00:00Z",
  document: routerDocumentSchema.parse({
    policies: names.map((name) => ({ name, description: `about ${name}`, domain: "secret domain" })),
    targets: Object.fromEntries(names.map((name) => [name, { model: "secret-model" }])),
    fallback: { model: "secret-model" },
    settings,
  }),
});

function setUp() {
  const clock = new ManualClock();
  const service = new HeldService();
  const logged: LogFields[] = [];
  const decider = createDecider({
    env: {
      INFERENCE_URL: "http://inference.test/base/",
      INFERENCE_TOKEN: "service-token-of-16",
      SIGNING_SECRET: "s".repeat(32),
    },
    fetch: service.fetch,
    now: clock.now,
    sleep: clock.sleep,
    log: (_level, event, fields = {}) => logged.push({ event, ...fields }),
  });
  const ask = (fields: Partial<Question> & { text?: string } = {}) => {
    const { text = "hello", ...rest } = fields;
    const conversation: Turn[] = [{ role: "user", content: text }];
    const waitUntil = () => undefined;
    return decider.decide({
      tenantId: "ten_a",
      router: routerOf(),
      paidEngines: ["big"],
      conversation,
      requestId: "req_1",
      waitUntil,
      ...rest,
    });
  };
  /** Asks, and lets the service answer that one call; a connection that breaks does so when it is tried again too. */
  const answered = async (response: Response | Error, fields: Parameters<typeof ask>[0] = {}) => {
    const index = service.calls.length;
    const reading = ask(fields);
    (await service.call(index)).answer(response);
    if (response instanceof Error) (await service.call(index + 1)).answer(response);
    return reading;
  };
  return { clock, service, decider, ask, answered, logged };
}

describe("a question to the inference service", () => {
  it("holds the policies in published order and the conversation, and nothing about targets or the tenant", async () => {
    const { service, answered } = setUp();
    await answered(decided(), { router: routerOf({ engine: "cascade", min_confidence: 0.4, deadline_ms: 300 }) });
    const { url, init, body } = await service.call(0);
    expect(url).toBe("http://inference.test/base/v1/decide");
    expect(init).toMatchObject({ method: "POST", redirect: "manual" });
    expect(init.headers).toEqual({
      authorization: "Bearer service-token-of-16",
      "content-type": "application/json",
      "x-request-id": "req_1",
    });
    expect(decideRequestSchema.strict().parse(body)).toEqual({
      contract: 1,
      policies: [
        { name: "code", description: "about code" },
        { name: "law", description: "about law" },
      ],
      conversation: [{ role: "user", content: "hello" }],
      engine: "cascade",
      escalateBelow: 0.4,
      isolation: expect.stringMatching(/^[0-9a-f]{32}$/),
      paidEngines: ["big"],
      deadlineMs: 270,
    });
    expect(JSON.stringify(body)).not.toMatch(/ten_a|secret/);
  });

  it("isolates tenants from each other by a token of their own", async () => {
    const { service, answered } = setUp();
    await answered(decided());
    await answered(decided(), { tenantId: "ten_b" });
    expect(service.calls[0]!.body["isolation"]).not.toBe(service.calls[1]!.body["isolation"]);
  });

  it("is not asked when the router has no policies: nothing can fit", async () => {
    const { service, ask } = setUp();
    expect(await ask({ router: routerOf({}, []) })).toEqual({
      source: "engine",
      scores: [{ policy: null, probability: 1 }],
      unsureReason: null,
      engine: "no-policies@1",
      decideMs: 0,
    });
    expect(service.calls).toEqual([]);
  });
});

describe("a decision", () => {
  it("is read, with the time it took", async () => {
    const { clock, service, ask } = setUp();
    const reading = ask();
    const call = await service.call(0);
    await clock.advance(40);
    call.answer(decided("law"));
    expect(await reading).toEqual({
      source: "engine",
      scores: [
        { policy: "code", probability: 0 },
        { policy: "law", probability: 1 },
        { policy: null, probability: 0 },
      ],
      unsureReason: null,
      engine: "embedded@1",
      decideMs: 40,
    });
  });

  it("says what the router model read and wrote for it; what is remembered took nothing", async () => {
    const { ask, answered } = setUp();
    const tokens = { prompt: 900, cached: 800, completion: 1 };
    const body = {
      scores: [{ policy: "law", probability: 1 }],
      engine: "big@1",
      escalated: false,
      timings: {},
      tokens,
    };
    const expected = { engine: "big", inputTokens: 900, cachedInputTokens: 800, outputTokens: 1 };
    expect(await answered(Response.json(body))).toMatchObject({ source: "engine", tokens: [expected] });
    const before = { engine: "small@2", tokens: { prompt: 60, cached: 0, completion: 2 } };
    const escalated = { ...body, engine: "cascade@3", decidedBy: "big@1", tokensBefore: before };
    const both = setUp();
    expect(await both.answered(Response.json(escalated))).toMatchObject({
      tokens: [{ engine: "small", inputTokens: 60, cachedInputTokens: 0, outputTokens: 2 }, expected],
    });
    expect(await ask()).not.toHaveProperty("tokens");
  });

  it("is remembered for the same question, also under other thresholds and targets, and for no other", async () => {
    const { service, ask, answered } = setUp();
    await answered(decided("law"));
    expect(await ask()).toMatchObject({ source: "memo", engine: "embedded@1" });
    expect((await ask({ router: routerOf({ min_confidence: 0.9 }) })).source).toBe("memo");
    expect(service.calls).toHaveLength(1);
    const others = [
      { tenantId: "ten_b" },
      { text: "hello!" },
      { router: routerOf({}, ["code", "law", "art"]) },
      { router: routerOf({ engine: "big" }) },
    ];
    for (const other of others) expect((await answered(decided(), other)).source).toBe("engine");
  });

  it("of an engine that escalates is remembered for the settings it was asked with alone", async () => {
    const { service, ask, answered } = setUp();
    const cascade = (min_confidence: number, rest = {}) => ({
      router: routerOf({ engine: "careful", min_confidence, ...rest }),
    });
    const quick = { scores: [{ policy: "code", probability: 1 }], engine: "careful@1", escalated: false, timings: {} };
    await answered(Response.json({ ...quick, decidedBy: "embedded@1" }), cascade(0.2));
    await answered(Response.json({ ...quick, decidedBy: "big@1", escalated: true }), cascade(0.9));
    expect(await ask(cascade(0.2))).toMatchObject({ source: "memo", deciding: { decidedBy: "embedded@1" } });
    expect(await ask(cascade(0.9))).toMatchObject({ source: "memo", deciding: { decidedBy: "big@1" } });
    await answered(Response.json({ ...quick, decidedBy: "big@1" }), cascade(0.2, { other_bias: -1 }));
    const told = service.calls.map(({ body }) => [body["escalateBelow"], body["otherBias"]]);
    expect(told).toEqual([
      [0.2, undefined],
      [0.9, undefined],
      [0.2, -1],
    ]);
  });
});

describe("a failure to decide", () => {
  it.each([
    ["no connection", new TypeError("refused"), "unavailable"],
    ["503", Response.json({ error: { code: "not_ready" } }, { status: 503 }), "unavailable"],
    ["500", new Response("oops", { status: 500 }), "unavailable"],
    ["a redirect", new Response(null, { status: 302, headers: { location: "https://evil.test" } }), "unavailable"],
    ["401", new Response(null, { status: 401 }), "unavailable"],
    ["429", new Response(null, { status: 429, headers: { "retry-after": "1" } }), "overloaded"],
    ["504", new Response(null, { status: 504 }), "timeout"],
    ["400, as for another contract", new Response(null, { status: 400 }), "invalid"],
    ["403, as for an engine that the operator has not allowed", new Response(null, { status: 403 }), "invalid"],
    ["a body that is no JSON", new Response("<html>"), "invalid"],
    ["a policy nobody published", decided("medicine"), "invalid"],
    ["a 200 without a body", new Response(null), "invalid"],
  ])("%s falls back and says why", async (_name, response, reason) => {
    const { answered, logged } = setUp();
    expect(await answered(response)).toEqual({ source: `fallback:${reason}`, decideMs: 0 });
    expect(logged).toMatchObject([{ event: "decision_failed", reason }]);
    expect(JSON.stringify(logged)).not.toContain("hello");
  });

  it("is not what a kept connection leads to that a restart has closed: the service is asked once more", async () => {
    const { service, ask } = setUp();
    const reading = ask();
    (await service.call(0)).answer(new TypeError("closed"));
    (await service.call(1)).answer(decided());
    expect((await reading).source).toBe("engine");
    expect(service.calls.map(({ body }) => body)).toEqual([service.calls[0]!.body, service.calls[0]!.body]);
  });

  it("is not remembered", async () => {
    const { answered } = setUp();
    await answered(new Response(null, { status: 500 }));
    expect((await answered(decided())).source).toBe("engine");
  });

  it("comes at the deadline when nothing answers, and the call is given up", async () => {
    const { clock, service, ask } = setUp();
    const reading = ask({ router: routerOf({ deadline_ms: 100 }) });
    const { init } = await service.call(0);
    await clock.advance(99);
    expect(init.signal!.aborted).toBe(false);
    await clock.advance(1);
    expect(await reading).toEqual({ source: "fallback:timeout", decideMs: 100 });
    expect(init.signal!.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("comes at the deadline too when headers came but the body does not end", async () => {
    const { clock, service, ask } = setUp();
    const reading = ask({ router: routerOf({ deadline_ms: 100 }) });
    const half = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array([123])) });
    (await service.call(0)).answer(new Response(half));
    await clock.advance(100);
    expect(await reading).toMatchObject({ source: "fallback:timeout" });
  });

  it("of one router version's making opens no other router's, version's or tenant's breaker", async () => {
    const { answered, ask, service } = setUp();
    for (let turn = 0; turn < 5; turn += 1) await answered(new Response(null, { status: 500 }), { text: String(turn) });
    expect((await ask({ text: "more" })).source).toBe("fallback:breaker_open");
    expect((await answered(decided(), { tenantId: "ten_b" })).source).toBe("engine");
    expect((await answered(decided(), { text: "b", router: { ...routerOf(), id: "rtr_2" } })).source).toBe("engine");
    expect((await answered(decided(), { text: "c", router: { ...routerOf(), version: 9 } })).source).toBe("engine");
    expect(service.calls).toHaveLength(8);
  });
});

describe("an open breaker", () => {
  const open = async () => {
    const context = setUp();
    await context.answered(decided("law"), { text: "remembered" });
    for (let turn = 0; turn < 5; turn += 1) {
      await context.answered(new Response(null, { status: 503 }), { text: String(turn) });
    }
    return context;
  };

  it("still gives what is remembered", async () => {
    const { ask } = await open();
    expect((await ask({ text: "remembered" })).source).toBe("memo");
    expect((await ask({ text: "new" })).source).toBe("fallback:breaker_open");
  });

  it("lets one question through after a while and closes when that is answered", async () => {
    const { clock, service, ask } = await open();
    await clock.advance(5_000);
    const probe = ask({ text: "probe" });
    const call = await service.call(6);
    expect((await ask({ text: "too early" })).source).toBe("fallback:breaker_open");
    call.answer(decided());
    expect((await probe).source).toBe("engine");
    const next = ask({ text: "next" });
    (await service.call(7)).answer(decided());
    expect((await next).source).toBe("engine");
  });

  it.each([
    ["an overloaded service", 429],
    ["a question it finds wrong", 400],
  ])("is not what %s leads to", async (_name, status) => {
    const { answered } = setUp();
    for (let turn = 0; turn < 10; turn += 1) {
      const { source } = await answered(new Response(null, { status }), { text: String(turn) });
      expect(source).not.toBe("fallback:breaker_open");
    }
  });

  it.each([
    ["refusals for its load", 429],
    ["questions it finds wrong", 400],
  ])("is what a broken service leads to in spite of %s in between", async (_name, status) => {
    const { answered, ask } = setUp();
    for (let turn = 0; turn < 5; turn += 1) {
      await answered(new Response(null, { status: 504 }), { text: `failing ${String(turn)}` });
      if (turn < 4) await answered(new Response(null, { status }), { text: `refused ${String(turn)}` });
    }
    expect((await ask({ text: "more" })).source).toBe("fallback:breaker_open");
  });

  it("is what a service of another contract leads to", async () => {
    const { answered, ask } = setUp();
    const refusal = {
      error: { code: "invalid_request", message: "This service speaks contract 2.", param: "contract" },
    };
    for (let turn = 0; turn < 5; turn += 1) {
      const { source } = await answered(Response.json(refusal, { status: 400 }), { text: String(turn) });
      expect(source).toBe("fallback:invalid");
    }
    expect((await ask({ text: "more" })).source).toBe("fallback:breaker_open");
  });

  it("is not what clients that leave lead to", async () => {
    const { service, ask, answered } = setUp();
    for (let turn = 0; turn < 6; turn += 1) {
      const client = new AbortController();
      const reading = ask({ text: String(turn), signal: client.signal });
      const { init, answer } = await service.call(turn);
      client.abort();
      expect(init.signal!.aborted).toBe(true);
      answer(new DOMException("aborted", "AbortError"));
      expect((await reading).source).toBe("fallback:timeout");
    }
    expect((await answered(decided(), { text: "stays" })).source).toBe("engine");
  });
});

describe("readiness and preparation", () => {
  it("say whether the service is ready, within a second", async () => {
    const { clock, service, decider } = setUp();
    const yes = decider.ping();
    (await service.call(0)).answer(new Response("{}"));
    expect(await yes).toBe(true);
    expect(service.calls[0]!.url).toBe("http://inference.test/base/readyz");
    const no = decider.ping();
    (await service.call(1)).answer(new Response("{}", { status: 503 }));
    expect(await no).toBe(false);
    const never = decider.ping();
    await clock.advance(1_000);
    expect(await never).toBe(false);
    const gone = decider.ping();
    (await service.call(3)).answer(new TypeError("refused"));
    expect(await gone).toBe(false);
  });

  it("hands over policies as the router model sees them, and swallows failure", async () => {
    const { clock, service, decider, logged } = setUp();
    const { policies } = routerOf().document;
    const prepared = decider.prepare(policies, "default");
    const { url, body, answer } = await service.call(0);
    expect(url).toBe("http://inference.test/base/v1/prepare");
    expect(JSON.stringify(body)).not.toContain("secret");
    answer(Response.json({ policyDigest: "d", engine: "embedded@1" }));
    await prepared;
    expect(logged).toEqual([]);
    const hanging = decider.prepare(policies, "default");
    await service.call(1);
    await clock.advance(10_000);
    await hanging;
    expect(logged).toEqual([{ event: "prepare_failed", status: "late" }]);
    await decider.prepare([], "default");
    expect(service.calls).toHaveLength(2);
    await settled();
  });
});

describe("a candidate engine", () => {
  const big = { ...routerOf().document.settings, engine: "big" };

  it("is asked by name, with its own deadline, and neither remembers nor is remembered for another", async () => {
    const { service, ask, answered } = setUp();
    await answered(decided("law"));
    const settings = { ...big, deadline_ms: 1_000, min_confidence: 0.9 };
    expect(await answered(decided("code", "big@1"), { settings })).toMatchObject({ source: "engine", engine: "big@1" });
    expect(service.calls[1]?.body).toMatchObject({ engine: "big", deadlineMs: 900, escalateBelow: 0.9 });
    expect(await ask({ settings })).toMatchObject({ source: "memo", engine: "big@1" });
    expect(await ask()).toMatchObject({ source: "memo", engine: "embedded@1" });
    expect(service.calls).toHaveLength(2);
  });

  it("is not taken to have said what another engine answers for it", async () => {
    const { answered } = setUp();
    expect((await answered(decided("law", "embedded@1"), { settings: big })).source).toBe("fallback:invalid");
    expect((await answered(decided("law", "bigger@1"), { settings: big })).source).toBe("fallback:invalid");
    expect((await answered(decided("law", "big@1"), { settings: big })).source).toBe("engine");
  });

  it("that fails closes the way to itself alone", async () => {
    const { answered, ask } = setUp();
    for (let failed = 0; failed < 5; failed += 1) {
      expect((await answered(new Error("down"), { settings: big })).source).toBe("fallback:unavailable");
    }
    expect((await ask({ settings: big })).source).toBe("fallback:breaker_open");
    expect((await answered(decided("law"))).source).toBe("engine");
  });
});

describe("the names of engines", () => {
  it("are what the service lists; null when it says nothing", async () => {
    const { service, decider } = setUp();
    const listed = decider.engines();
    const engines = ["embedded", "big"].map((name) => ({ name, version: "1", ready: true }));
    (await service.call(0)).answer(Response.json({ default: "embedded", engines }));
    expect(await listed).toEqual(["embedded", "big"]);
    const nothing = decider.engines();
    (await service.call(1)).answer(new Error("down"));
    expect(await nothing).toBeNull();
  });
});

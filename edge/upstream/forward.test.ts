import { beforeAll, describe, expect, it } from "vitest";
import { ANSWER, STREAMS } from "../../test/upstreams/recordings.ts";
import type { Env } from "../env.ts";
import type { Sleep } from "../sleep.ts";
import type { Model, Provider } from "../tenancy/snapshot.ts";
import type { Dial } from "./connecting.ts";
import { forward, type Forwarded, type ForwardRequest } from "./forward.ts";
import { deploymentId } from "./hop.ts";
import { objectMembers } from "./json-members.ts";

/** Time that passes only when nothing else can happen: then it goes on to the next timer. */
class Clock {
  time = 0;
  readonly #timers = new Set<{ at: number; wake: () => void }>();

  readonly now = () => this.time;

  readonly sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const timer = { at: this.time + ms, wake: resolve };
      this.#timers.add(timer);
      signal?.addEventListener("abort", () => {
        this.#timers.delete(timer);
        resolve();
      });
    });

  async until<T>(work: Promise<T>): Promise<T> {
    const state = { settled: false };
    const mark = () => (state.settled = true);
    work.then(mark, mark);
    for (;;) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
      if (state.settled) return work;
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined) throw new Error("nothing is left to wait for");
      this.#timers.delete(next);
      this.time = next.at;
      next.wake();
    }
  }
}

// Derived once per environment, on a thread of the runtime whose work the clock cannot see.
beforeAll(async () => {
  await deploymentId(env);
});

type Reply = (url: string, init: RequestInit) => Response | Promise<Response>;

const env = { SIGNING_SECRET: "s".repeat(32), UPSTREAM_ADDRESSES: "public", PUBLIC_URL: "https://gate.example" } as Env;

const provider = (slug: string, baseUrl: string | null): Provider => ({
  id: `prv_${slug}`,
  slug,
  kind: "openai-compatible",
  base_url: baseUrl,
  credential: { key_id: "k", nonce: "", ciphertext: "" },
});

const model = (slug: string, providerSlug: string): Model => ({
  id: `mdl_${slug}`,
  slug,
  provider: providerSlug,
  upstream_model: `${slug}-upstream`,
  prices: null,
  context_window: null,
  modalities: ["text"],
  capabilities: {},
  timeouts: {},
  created_at: "2026-11-17T10:00:00Z",
});

interface Scene {
  readonly replies: readonly Reply[];
  readonly request?: Partial<ForwardRequest>;
  readonly candidates?: readonly string[];
  readonly clock?: Clock;
  readonly dial?: Dial;
}

const closed = () => Promise.resolve();
const connects: Dial = () => Promise.resolve({ opened: Promise.resolve(), close: closed });

/** Forwards a request whose calls are answered by `replies` in turn; the last one answers all that follow. */
async function play({ replies, request, candidates = ["a"], clock = new Clock(), dial = connects }: Scene) {
  const calls: { url: string; init: RequestInit }[] = [];
  const providers = new Map([
    ["pa", provider("pa", "https://a.example/v1")],
    ["pb", provider("pb", "https://b.example/v1/")],
    ["own", provider("own", "https://gate.example/v1")],
    ["private", provider("private", "https://10.0.0.1/v1")],
  ]);
  const owner: Record<string, string> = { a: "pa", b: "pb", own: "own", private: "private" };
  const deps = {
    env,
    now: clock.now,
    sleep: clock.sleep,
    random: () => 1,
    dial,
    fetch: async (url: string, init: RequestInit) => {
      const reply = replies[Math.min(calls.length, replies.length - 1)]!;
      calls.push({ url, init });
      return reply(url, init);
    },
  };
  const forwarding = forward(deps, {
    candidates: candidates.map((slug) => ({ model: model(slug, owner[slug]!), target: { model: slug } })),
    providers,
    openCredential: () => Promise.resolve("sk-tenant"),
    members: objectMembers('{"model":"auto","messages":[{"role":"user","content":"hi"}]}')!,
    stream: false,
    keepUsageChunk: false,
    choices: 1,
    headers: new Headers(),
    signal: new AbortController().signal,
    callId: "dec_1",
    ...request,
  });
  const forwarded = await clock.until(forwarding);
  return { forwarded, calls, clock };
}

const json: Reply = () => new Response(ANSWER, { headers: { "content-type": "application/json" } });
const status =
  (code: number, headers: Record<string, string> = {}, body = '{"error":{"message":"no"}}'): Reply =>
  () =>
    new Response(body, { status: code, headers });
const unreachable: Reply = () => Promise.reject(new TypeError("connection refused"));
const refusalOf = (forwarded: Forwarded) => (forwarded.kind === "refused" ? forwarded.refusal : forwarded.kind);

describe("forwarding to an OpenAI-compatible provider", () => {
  it("sends the client's body under the provider's model name, with the tenant's credential", async () => {
    const { calls } = await play({ replies: [json] });
    expect(calls).toHaveLength(1);
    expect(calls[0]!.url).toBe("https://a.example/v1/chat/completions");
    expect(calls[0]!.init.body).toBe('{"model":"a-upstream","messages":[{"role":"user","content":"hi"}]}');
    expect(calls[0]!.init.redirect).toBe("manual");
    expect(new Headers(calls[0]!.init.headers).get("authorization")).toBe("Bearer sk-tenant");
  });

  it("lets only allowed headers through, both ways", async () => {
    const headers = new Headers({
      authorization: "Bearer sbx_live_secret",
      cookie: "a=b",
      "cf-connecting-ip": "1.2.3.4",
      "x-forwarded-for": "1.2.3.4",
      "x-signalbox-conversation": "c",
      "openai-organization": "org-of-client",
      "openai-beta": "assistants=v2",
      traceparent: "00-1-2-01",
      "idempotency-key": "k1",
      "user-agent": "client/1",
    });
    const reply = status(
      200,
      {
        "content-type": "application/json; charset=utf-8",
        "set-cookie": "x=y",
        "cf-ray": "1",
        "x-signalbox-model": "forged",
        "openai-processing-ms": "12",
        "x-ratelimit-remaining-requests": "9",
        "access-control-allow-origin": "*",
        "content-encoding": "identity",
      },
      ANSWER,
    );
    const { forwarded, calls } = await play({ replies: [reply], request: { headers } });
    const sent = Object.fromEntries(new Headers(calls[0]!.init.headers));
    expect(sent).toEqual({
      accept: "application/json",
      "accept-encoding": "identity",
      authorization: "Bearer sk-tenant",
      "content-type": "application/json",
      "idempotency-key": "k1",
      "openai-beta": "assistants=v2",
      traceparent: "00-1-2-01",
      "user-agent": "signalbox",
      "x-signalbox-hop": expect.stringMatching(/^[0-9a-f]{24}$/),
    });
    expect(forwarded.kind === "answer" && forwarded.headers).toEqual({
      "content-type": "application/json; charset=utf-8",
      "openai-processing-ms": "12",
      "x-ratelimit-remaining-requests": "9",
    });
  });

  it("gives back an answer byte for byte, with its usage and finish reason", async () => {
    const { forwarded } = await play({ replies: [json] });
    expect(forwarded).toMatchObject({ kind: "answer", status: 200, attempts: 1 });
    if (forwarded.kind !== "answer") return;
    expect(new TextDecoder().decode(forwarded.body)).toBe(ANSWER);
    expect(forwarded.meter).toMatchObject({ finishReason: "stop", usage: { inputTokens: 19, outputTokens: 10 } });
  });

  it("passes a refusal of the request itself on as it is, without another try", async () => {
    const body =
      '{"error":{"message":"Unsupported value: temperature","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}';
    for (const code of [400, 404, 409, 413, 422]) {
      const { forwarded, calls } = await play({ replies: [status(code, {}, body)], candidates: ["a", "b"] });
      expect(forwarded).toMatchObject({ kind: "answer", status: code });
      expect(forwarded.kind === "answer" && new TextDecoder().decode(forwarded.body)).toBe(body);
      expect(calls).toHaveLength(1);
    }
  });
});

describe("retries and fallbacks", () => {
  it("tries again after a failure that may pass, and counts the calls", async () => {
    const { forwarded, clock } = await play({ replies: [status(503), unreachable, json] });
    expect(forwarded).toMatchObject({ kind: "answer", attempts: 3 });
    expect(clock.time).toBe(200 + 400);
  });

  it("goes to the fallbacks in order when a candidate's tries are spent", async () => {
    const { forwarded, calls } = await play({
      replies: [status(500), status(500), status(500), json],
      candidates: ["a", "b"],
    });
    expect(forwarded).toMatchObject({ kind: "answer", attempts: 4, candidate: { model: { slug: "b" } } });
    expect(calls.map((call) => new URL(call.url).host)).toEqual(["a.example", "a.example", "a.example", "b.example"]);
    expect(calls[3]!.init.body).toContain('"b-upstream"');
  });

  it.each([
    ["a rate limit", status(429, { "retry-after": "30" }), 1, { code: "rate_limit_exceeded", retryAfterSeconds: 30 }],
    ["a rate limit without a time", status(429), 3, { code: "rate_limit_exceeded", retryAfterSeconds: 1 }],
    ["server errors", status(500), 3, { code: "provider_error" }],
    ["a status that no retry helps", status(501), 1, { code: "provider_error" }],
    ["a connection that cannot be made", unreachable, 3, { code: "provider_error" }],
    ["a refused credential", status(401), 1, { code: "provider_auth_failed" }],
    ["a forbidden credential", status(403), 1, { code: "provider_auth_failed" }],
    ["a redirect", status(302, { location: "https://elsewhere.example" }), 1, { code: "provider_error" }],
    [
      "a stream nobody asked for",
      () => new Response(STREAMS.text, { headers: { "content-type": "text/event-stream" } }),
      1,
      { code: "provider_error" },
    ],
    ["an answer that is not JSON", status(200, {}, "<html>"), 1, { code: "provider_error" }],
    ["an answer that is no object", status(200, {}, "[1]"), 1, { code: "provider_error" }],
    ["a loop further on", status(508), 1, { code: "loop_detected" }],
  ] as [string, Reply, number, object][])(
    "answers for %s, and tells SDKs not to retry",
    async (_case, reply, calls, refusal) => {
      const played = await play({ replies: [reply] });
      expect(refusalOf(played.forwarded)).toMatchObject({ ...refusal, headers: { "x-should-retry": "false" } });
      expect(played.calls).toHaveLength(calls);
    },
  );

  it("asks again for a stream that ended before its first byte", async () => {
    const sse =
      (text: string): Reply =>
      () =>
        new Response(text, { headers: { "content-type": "text/event-stream" } });
    const { forwarded } = await play({ replies: [sse(""), sse(STREAMS.text)], request: { stream: true } });
    expect(forwarded).toMatchObject({ kind: "stream", attempts: 2 });
  });

  it("waits as long as a provider asks, inside one budget over all calls", async () => {
    const { clock, calls } = await play({ replies: [status(429, { "retry-after": "6" })] });
    expect(calls).toHaveLength(2);
    expect(clock.time).toBe(6_000);
  });

  it("holds no more of an answer than it may", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
    });
    const { forwarded } = await play({ replies: [() => new Response(endless)] });
    expect(refusalOf(forwarded)).toMatchObject({ code: "provider_error" });
    expect(sent).toBeLessThan(20);
  });
});

describe("what is never called", () => {
  it.each([
    ["this deployment itself", "own", "loop_detected"],
    ["a private address", "private", "provider_error"],
  ])("%s", async (_case, candidate, code) => {
    const { forwarded, calls } = await play({ replies: [json], candidates: [candidate] });
    expect(refusalOf(forwarded)).toMatchObject({ code });
    expect(calls).toHaveLength(0);
    expect(forwarded.attempts).toBe(0);
  });

  it("a provider whose credential cannot be opened", async () => {
    const openCredential = () => Promise.reject(new Error("bad tag"));
    const { forwarded, calls } = await play({ replies: [json], request: { openCredential } });
    expect(refusalOf(forwarded)).toMatchObject({ code: "provider_auth_failed" });
    expect(calls).toHaveLength(0);
    expect(forwarded.attempts).toBe(0);
  });

  it("anything, once the client is gone", async () => {
    const { forwarded, calls } = await play({ replies: [json], request: { signal: AbortSignal.abort() } });
    expect(forwarded).toMatchObject({ kind: "aborted", attempts: 0 });
    expect(calls).toHaveLength(0);
  });

  it("anybody again whose client leaves while another try is waited for", async () => {
    const client = new AbortController();
    const clock = new Clock();
    const { sleep } = clock;
    const leaving: Sleep = (ms, signal) => {
      if (ms === 3_000) client.abort();
      return sleep(ms, signal);
    };
    Object.assign(clock, { sleep: leaving });
    const replies = [status(503, { "retry-after": "3" })];
    const { forwarded, calls } = await play({ replies, clock, request: { signal: client.signal } });
    expect(forwarded).toMatchObject({ kind: "aborted", attempts: 1 });
    expect(calls).toHaveLength(1);
  });
});

/** A body that says something and then nothing, until its call is aborted. */
function stalled(init: RequestInit, beginning: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(beginning));
      init.signal?.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
    },
  });
}

describe("time limits", () => {
  /** Answers nothing until its call is aborted. */
  const silent: Reply = (_url, init) =>
    new Promise((_resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    });

  it("ends a call whose first byte does not come, and asks the next candidate", async () => {
    const { forwarded, clock } = await play({ replies: [silent, json], candidates: ["a", "b"] });
    expect(forwarded).toMatchObject({ kind: "answer", attempts: 2, candidate: { model: { slug: "b" } } });
    expect(clock.time).toBe(120_000);
  });

  it("does not ask a provider again that was silent, however soon that was known", async () => {
    const hasty = { model: { ...model("a", "pa"), timeouts: { first_byte_ms: 100 } }, target: { model: "a" } };
    const { forwarded, clock } = await play({ replies: [silent], request: { candidates: [hasty] } });
    expect(forwarded).toMatchObject({ kind: "refused", attempts: 1, refusal: { code: "provider_timeout" } });
    expect(clock.time).toBe(100);
  });

  it.each([false, true])("(stream: %s) ends all calls within one limit, whatever each may take", async (stream) => {
    const slow = (slug: string, owner: string) => ({
      model: { ...model(slug, owner), timeouts: { first_byte_ms: 600_000 } },
      target: { model: slug },
    });
    const candidates = [slow("a", "pa"), slow("b", "pb"), slow("a", "pa")];
    const { forwarded, clock } = await play({ replies: [silent], request: { candidates, stream } });
    expect(forwarded).toMatchObject({ kind: "refused", attempts: 2, candidate: { model: { slug: "b" } } });
    expect(clock.time).toBe(900_000);
  });

  it("leaves a fallback its time when the model before it had little", async () => {
    const quick = { model: { ...model("a", "pa"), timeouts: { total_ms: 1_000 } }, target: { model: "a" } };
    const candidates = [quick, { model: model("b", "pb"), target: { model: "b" } }];
    const { forwarded, clock } = await play({ replies: [silent, json], request: { candidates } });
    expect(forwarded).toMatchObject({ kind: "answer", attempts: 2, candidate: { model: { slug: "b" } } });
    expect(clock.time).toBe(1_000);
  });

  it("ends a call to an address that takes no connection, and asks the next candidate", async () => {
    const hanging: Dial = () => Promise.resolve({ opened: new Promise(() => undefined), close: closed });
    const { forwarded, clock } = await play({ replies: [silent, json], candidates: ["a", "b"], dial: hanging });
    expect(forwarded).toMatchObject({ kind: "answer", attempts: 2, candidate: { model: { slug: "b" } } });
    expect(clock.time).toBe(10_000);
  });

  it("leaves a call alone when another connection cannot be tried", async () => {
    const refusing: Dial = () => Promise.reject(new Error("not from here"));
    const { clock } = await play({ replies: [silent, json], candidates: ["a", "b"], dial: refusing });
    expect(clock.time).toBe(120_000);
  });

  it("answers provider_timeout when nobody is left", async () => {
    expect(refusalOf((await play({ replies: [silent] })).forwarded)).toMatchObject({ code: "provider_timeout" });
  });

  it("ends an answer that falls silent, without asking for it again", async () => {
    const stalling: Reply = (_url, init) => new Response(stalled(init, '{"id":'));
    const { forwarded, clock, calls } = await play({ replies: [stalling, json], candidates: ["a", "b"] });
    expect(refusalOf(forwarded)).toMatchObject({ code: "provider_timeout" });
    expect(clock.time).toBe(60_000);
    expect(calls).toHaveLength(1);
  });

  it("ends a stream that falls silent, with an error event", async () => {
    const stalling: Reply = (_url, init) =>
      new Response(stalled(init, STREAMS.truncated), { headers: { "content-type": "text/event-stream" } });
    const { forwarded, clock } = await play({ replies: [stalling], request: { stream: true } });
    if (forwarded.kind !== "stream") throw new Error(forwarded.kind);
    const text = await clock.until(new Response(forwarded.body).text());
    expect(text.split(": waiting for the provider\n\n")).toHaveLength(67);
    expect(text).toMatch(/upstream_stream_interrupted"}}\n\n$/);
    expect((await forwarded.ended).ending).toBe("interrupted");
    expect(clock.time).toBe(60_000);
  });

  it("ends the provider's call when the client leaves before the first byte", async () => {
    const client = new AbortController();
    let aborted = false;
    const waiting: Reply = (url, init) => {
      init.signal?.addEventListener("abort", () => (aborted = true));
      queueMicrotask(() => client.abort());
      return silent(url, init);
    };
    const { forwarded } = await play({ replies: [waiting], request: { signal: client.signal } });
    expect(forwarded.kind).toBe("aborted");
    expect(aborted).toBe(true);
  });
});

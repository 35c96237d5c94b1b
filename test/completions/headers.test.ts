import { once } from "node:events";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { ANSWER, STREAMS } from "../upstreams/recordings.ts";
import { StandIn, type UpstreamCall } from "../upstreams/stand-in.ts";
import { chat, MESSAGES, useScene } from "./scene.ts";

const scene = useScene();

/** Sends a chat request with any headers at all, which `fetch` would not let through. */
async function ask(body: object, headers: Record<string, string | string[]>) {
  const { key } = scene();
  const sent = request(`${stack().baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
  });
  sent.end(JSON.stringify({ model: "main", messages: MESSAGES, ...body }));
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() };
}

/** What says who the client is, what it may do elsewhere, how its connection is to be treated, and what we say ourselves. */
const OF_THE_CLIENT = {
  "api-key": "theirs",
  "cf-connecting-ip": "9.9.9.9",
  connection: "keep-alive, x-listed",
  cookie: "session=1",
  "content-encoding": "identity",
  "content-language": "en",
  expect: "100-continue",
  forwarded: "for=9.9.9.9;host=evil.test",
  from: "someone@evil.test",
  host: "evil.test",
  "keep-alive": "timeout=600",
  "openai-organization": "org-theirs",
  "openai-project": "proj-theirs",
  origin: "https://evil.test",
  "proxy-authorization": "Basic dGhlaXJz",
  "proxy-connection": "keep-alive",
  referer: "https://evil.test/secret",
  te: "trailers",
  "true-client-ip": "9.9.9.9",
  upgrade: "h2c",
  "user-agent": "evil/1",
  via: "1.1 evil.test",
  "x-api-key": "theirs",
  "x-forwarded-for": ["9.9.9.9", "8.8.8.8"],
  "x-forwarded-host": "evil.test",
  "x-forwarded-proto": "http",
  "x-http-method-override": "DELETE",
  "x-listed": "1",
  "x-real-ip": "9.9.9.9",
  "x-request-id": "req-of-the-client",
  "x-signalbox-conversation": "a-conversation",
  "x-signalbox-decision": "dec_forged",
  "x-signalbox-fallback": "on",
  "x-signalbox-model": "forged",
};

/** What would speak to the client in our name, or in that of the origin that it takes us for. */
const OF_THE_PROVIDER = {
  "access-control-allow-credentials": "true",
  "access-control-allow-origin": "*",
  "alt-svc": 'h3=":443"',
  authorization: "Bearer sk-acme",
  "cache-control": "public, max-age=600",
  "clear-site-data": '"*"',
  "content-disposition": "attachment",
  "content-security-policy": "default-src *",
  etag: '"1"',
  link: "<https://evil.test>; rel=preload",
  location: "https://evil.test/",
  nel: "{}",
  "openai-organization": "org-acme",
  "openai-project": "proj-acme",
  "proxy-authenticate": "Basic",
  refresh: "0; url=https://evil.test/",
  "report-to": "{}",
  server: "provider/1",
  "server-timing": "auth;dur=12345",
  "set-cookie": "session=1",
  "strict-transport-security": "max-age=0",
  "www-authenticate": "Basic",
  "x-listed": "1",
  "x-powered-by": "provider",
  "x-request-id": "req-of-the-provider",
  "x-should-retry": "true",
  "x-signalbox-arm": "forged",
  "x-signalbox-attempts": "99",
  "x-signalbox-config": "forged",
  "x-signalbox-confidence": "1",
  "x-signalbox-decision": "dec_forged",
  "x-signalbox-hop": "forged",
  "x-signalbox-model": "forged",
  "x-signalbox-policy": "forged",
  "x-signalbox-router": "forged@1",
  "x-signalbox-routing-arm": "forged",
  "x-signalbox-source": "forged",
};

describe("headers of a client", () => {
  it("do not reach the provider, but for those that belong to the call", async () => {
    const { key, upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    const passing = {
      "idempotency-key": "k-1",
      "openai-beta": "b=v1",
      traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
    };
    const { status } = await ask({}, { ...OF_THE_CLIENT, ...passing });
    expect(status).toBe(200);
    const { headers } = upstream.calls[0]!;
    const own = ["accept", "accept-encoding", "authorization", "content-length", "content-type", "host", "user-agent"];
    // `cf-worker` is the platform's own word on whose worker calls.
    const names = Object.keys(headers).filter((name) => name !== "cf-worker");
    expect(names.toSorted()).toEqual([...own, ...Object.keys(passing), "x-signalbox-hop"].toSorted());
    expect(headers).toMatchObject({
      ...passing,
      "accept-encoding": "identity",
      authorization: "Bearer sk-acme",
      host: new URL(upstream.baseUrl).host,
      "user-agent": "signalbox",
    });
    expect(JSON.stringify(headers)).not.toContain(key);
  });

  it("cannot steer what the provider is told of the path by a hop header of its own making", async () => {
    const { upstream } = scene();
    upstream.answer((call) => call.json(ANSWER));
    await ask({}, { "x-signalbox-hop": "evil\u00e9, <script>, 0123456789abcdef01234567" });
    expect(upstream.calls[0]!.headers["x-signalbox-hop"]).toMatch(/^0123456789abcdef01234567, [0-9a-f]{24}$/);
  });
});

describe("headers of a provider", () => {
  it.each<[string, object, (call: UpstreamCall, headers: Record<string, string>) => void]>([
    ["an answer", {}, (call, headers) => call.respond(200, { ...headers, "content-type": "application/json" }, ANSWER)],
    [
      "a stream",
      { stream: true },
      (call, headers) => call.respond(200, { ...headers, "content-type": "text/event-stream" }, STREAMS.text),
    ],
    [
      "a refusal",
      {},
      (call, headers) => call.respond(422, { ...headers, "content-type": "application/json" }, '{"error":{}}'),
    ],
    ["a failure", {}, (call, headers) => call.respond(501, headers, "{}")],
  ])("do not reach the client with %s, but for those that belong to the answer", async (_kind, body, answering) => {
    const { upstream } = scene();
    upstream.answer((call) => answering(call, OF_THE_PROVIDER));
    const { headers } = await ask(body, {});
    expect(forged(headers)).toEqual([]);
    expect(headers["x-signalbox-model"]).toBe("main");
    expect(headers["x-signalbox-decision"]).toMatch(/^dec_[0-9a-z]{26}$/);
    expect(headers["set-cookie"]).toBeUndefined();
  });

  it("pass where they say how the provider is to be dealt with", async () => {
    const { upstream } = scene();
    const passing = {
      "openai-processing-ms": "42",
      "openai-version": "2020-10-01",
      "x-ratelimit-remaining-requests": "9",
    };
    upstream.answer((call) => call.respond(200, { "content-type": "application/json", ...passing }, ANSWER));
    expect((await ask({}, {})).headers).toMatchObject(passing);
  });

  it("do not keep a compressed answer from being read, though nobody asked for one", async () => {
    const { upstream } = scene();
    upstream.answer((call) =>
      call.respond(200, { "content-type": "application/json", "content-encoding": "gzip" }, gzipSync(ANSWER)),
    );
    const { headers, text } = await ask({}, {});
    expect([headers["content-encoding"], text]).toEqual([undefined, ANSWER]);
  });

  /** Headers of the provider's that the client got with the provider's value. */
  function forged(headers: IncomingHttpHeaders): string[] {
    return Object.entries(OF_THE_PROVIDER)
      .filter(([name, value]) => [headers[name]].flat().includes(value))
      .map(([name]) => name);
  }
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("of status %i is followed nowhere, with no credential", async (status) => {
    const { key, upstream } = scene();
    const elsewhere = await StandIn.start();
    elsewhere.answer((call) => call.json(ANSWER));
    upstream.answer((call) => call.respond(status, { location: `${elsewhere.baseUrl}/chat/completions` }));
    for (const stream of [false, true]) {
      const answer = await chat(key, { model: "main", messages: MESSAGES, stream }, {});
      expect([answer.status, answer.headers.get("location")]).toEqual([502, null]);
      await answer.text();
    }
    expect([upstream.calls.length, elsewhere.calls.length]).toEqual([2, 0]);
    await elsewhere.stop();
  });
});

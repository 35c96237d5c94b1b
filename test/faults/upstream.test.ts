import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { freePort } from "../../infra/local/free-port.ts";
import { chat, MESSAGES, receiptOf, useScene } from "../completions/scene.ts";
import { ANSWER, STREAMS } from "../upstreams/recordings.ts";
import type { Answering } from "../upstreams/stand-in.ts";
import { startDeafListener } from "./deaf-listener.ts";

const scene = useScene();

const HASTY = { first_byte_ms: 300, idle_ms: 300 };
const MEBIBYTE = 1024 * 1024;

/** A model of a provider that is at a port of this machine. */
async function modelAt(slug: string, port: number, timeouts: object = HASTY): Promise<string> {
  const { tenant } = scene();
  await tenant.provider({
    slug,
    kind: "openai-compatible",
    base_url: `http://127.0.0.1:${String(port)}/v1`,
    credential: "sk",
  });
  await tenant.model({ slug, provider: slug, timeouts });
  return slug;
}

/** What a client is told of an answer that could not be had, and what its receipt says. */
async function refusal(body: object) {
  const { key, tenant } = scene();
  const answer = await chat(key, { messages: MESSAGES, ...body });
  const { error } = (await answer.json()) as { error: { code: string; type: string } };
  const receipt = await receiptOf(tenant, answer);
  return {
    status: answer.status,
    code: error.code,
    shouldRetry: answer.headers.get("x-should-retry"),
    attempts: Number(answer.headers.get("x-signalbox-attempts")),
    recorded: [receipt["status"], receipt["error_code"], receipt["attempts"]],
  };
}

const unreachable = { status: 502, code: "provider_error", shouldRetry: "false", attempts: 3 };
/** It has had its time: it is not asked again. */
const silent = { status: 504, code: "provider_timeout", shouldRetry: "false", attempts: 1 };
/** Part of the answer had come, and was paid for: it is not asked for again. */
const broken = { status: 502, code: "provider_error", shouldRetry: "false", attempts: 1 };

describe("a provider that cannot be connected to", () => {
  it("because it refuses is tried again, and is a 502 in the end", async () => {
    const model = await modelAt("refusing", await freePort());
    expect(await refusal({ model })).toEqual({ ...unreachable, recorded: ["failed", "provider_error", 3] });
  });

  it("because it does not answer is found out long before the first byte's deadline, and tried again", async () => {
    const deaf = await startDeafListener();
    const model = await modelAt("deaf", deaf.port, { connect_ms: 300 });
    expect(await refusal({ model })).toEqual({ ...unreachable, recorded: ["failed", "provider_error", 3] });
    await deaf.stop();
  });

  it("because it does not answer is given up at the first byte's deadline, where that comes first", async () => {
    const deaf = await startDeafListener();
    const model = await modelAt("hasty-deaf", deaf.port);
    expect(await refusal({ model })).toEqual({ ...silent, recorded: ["failed", "provider_timeout", 1] });
    await deaf.stop();
  });
});

describe("a provider that thinks for long", () => {
  it("is waited for as long as it takes connections", async () => {
    const { key } = scene();
    const tried = Promise.withResolvers<undefined>();
    let connections = 0;
    let requests = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      void tried.promise.then(() => response.writeHead(200, { "content-type": "application/json" }).end(ANSWER));
    });
    server.on("connection", (socket) => {
      connections += 1;
      if (connections === 2) socket.on("close", () => tried.resolve(undefined));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const model = await modelAt("thinking", (server.address() as AddressInfo).port, { connect_ms: 100 });
    const answer = await chat(key, { model, messages: MESSAGES });
    expect([answer.status, await answer.text()]).toEqual([200, ANSWER]);
    expect([connections, requests]).toEqual([2, 1]);
    server.closeAllConnections();
    server.close();
  });
});

describe("a provider that breaks off before the first byte of an answer", () => {
  it("with a reset is tried again", async () => {
    const { key, upstream } = scene();
    upstream.answer((call, index) => (index === 0 ? call.reset() : call.json(ANSWER)));
    const answer = await chat(key, { model: "main", messages: MESSAGES });
    expect([answer.status, answer.headers.get("x-signalbox-attempts")]).toEqual([200, "2"]);
    expect(await answer.text()).toBe(ANSWER);
  });

  it.each([false, true])("(stream: %s) with headers and then silence is not asked again: a 504", async (stream) => {
    const { upstream } = scene();
    upstream.answer((call) => void call.openStream());
    expect(await refusal({ model: "hasty", stream })).toMatchObject(silent);
    expect(upstream.calls).toHaveLength(1);
    expect(await upstream.calls[0]!.closed).toBe(false);
  });
});

describe("a provider whose answer is of no use", () => {
  const inPart =
    (end: "reset" | "silence"): Answering =>
    (call) => {
      const response = call.openStream();
      response.write(ANSWER.slice(0, 40), () => {
        if (end === "reset") call.reset();
      });
    };
  it.each<[string, string, Answering, object]>([
    ["is not JSON", "main", (call) => call.json('{"choices": [}'), broken],
    ["is JSON and no object", "main", (call) => call.json("[]"), broken],
    ["breaks off with a reset", "main", inPart("reset"), broken],
    ["falls silent in the middle", "hasty", inPart("silence"), silent],
    ["is larger than anybody may send", "main", (call) => call.json(`"${"x".repeat(17 * MEBIBYTE)}"`), broken],
  ])("because it %s is not asked again", async (_why, model, answering, told) => {
    const { upstream } = scene();
    upstream.answer(answering);
    expect(await refusal({ model })).toMatchObject(told);
    expect(upstream.calls).toHaveLength(1);
  });
});

describe("a provider that breaks off a stream after its first byte", () => {
  it("with a reset is not asked again: the client gets an error event, and no [DONE]", async () => {
    const { key, tenant, upstream } = scene();
    upstream.answer((call) => void call.openStream().write(STREAMS.truncated, () => call.reset()));
    const answer = await chat(key, { model: "auto", messages: MESSAGES, stream: true });
    const text = await answer.text();
    // What a reset takes with it has not come; what came is whole events.
    const events = text.split("\n\n").slice(0, -1);
    expect(
      STREAMS.truncated.startsWith(
        events
          .slice(0, -1)
          .map((event) => `${event}\n\n`)
          .join(""),
      ),
    ).toBe(true);
    expect(events.at(-1)).toContain('"code":"upstream_stream_interrupted"');
    expect(text).not.toContain("[DONE]");
    expect(upstream.calls).toHaveLength(1);
    expect(await receiptOf(tenant, answer)).toMatchObject({ status: "interrupted" });
  });

  it("passes what is no JSON inside a stream as it came", async () => {
    const { key, upstream } = scene();
    const odd = `data: {"choices": [}\n\n${STREAMS.text}`;
    upstream.answer((call) => call.stream([odd]));
    const answer = await chat(key, { model: "main", messages: MESSAGES, stream: true });
    expect(await answer.text()).toBe(odd);
  });
});

describe("retries that are spent", () => {
  it.each([
    [500, 502, 3],
    [503, 502, 3],
    [501, 502, 1],
    [429, 429, 3],
  ])("on %i are a %i that SDKs do not retry on top", async (given, told, attempts) => {
    const { upstream } = scene();
    upstream.answer((call) => call.respond(given, { "retry-after": "0" }));
    expect(await refusal({ model: "main" })).toMatchObject({ status: told, shouldRetry: "false", attempts });
    expect(upstream.calls).toHaveLength(attempts);
  });
});

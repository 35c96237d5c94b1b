import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { STREAMS } from "../../../test/upstreams/recordings.ts";
import { residentMegabytes } from "../resident-memory.ts";
import type { Scene } from "./scene.ts";

/** What a request took, in milliseconds, and what came of it. */
interface Asked {
  readonly ms: number;
  readonly status: number;
  readonly headers: Headers;
}

async function ask(url: string, key: string, model: string, text = "Hello"): Promise<Asked> {
  const began = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: text }] }),
  });
  await response.arrayBuffer();
  return { ms: performance.now() - began, status: response.status, headers: response.headers };
}

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`does not hold: ${what}`);
};

/** Requests a router can lose before its breaker opens. */
const BEFORE_OPEN = 4;

/** Times of requests while inference hangs: those that wait for it to the router's deadline, and those that do not any more. */
export async function fallbackTimes(scene: Scene, routers: number): Promise<{ waiting: number[]; open: number[] }> {
  const { token } = await scene.key();
  const slugs = Array.from({ length: routers }, (_, index) => `router-${String(index)}`);
  for (const slug of slugs) await scene.publish(slug);
  const { url } = scene.worker;
  const times = { waiting: [] as number[], open: [] as number[] };
  scene.inference.mode = "hang";
  const take = async (slug: string, turn: number, source: string, into: number[]): Promise<void> => {
    const asked = await ask(url, token, `router/${slug}`, `parcel ${slug} ${String(turn)}`);
    must(asked.status === 200 && asked.headers.get("x-signalbox-source") === source, source);
    into.push(asked.ms);
  };
  for (const slug of slugs) {
    for (let turn = 0; turn < BEFORE_OPEN; turn += 1) await take(slug, turn, "fallback:timeout", times.waiting);
  }
  const [first = ""] = slugs;
  await take(first, BEFORE_OPEN, "fallback:timeout", times.waiting);
  // Within the five seconds after which one request would try again.
  for (let turn = 10; turn < 10 + times.waiting.length / 2; turn += 1) {
    await take(first, turn, "fallback:breaker_open", times.open);
  }
  scene.inference.mode = "pass";
  return times;
}

function begin(scene: Scene, key: string): Socket {
  const { port } = scene.worker.process;
  const body = JSON.stringify({ model: "streams", stream: true, messages: [{ role: "user", content: "hi" }] });
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n`;
  socket.write(`${head}content-length: ${String(body.length)}\r\n\r\n${body}`);
  return socket;
}

async function firstChunk(socket: Socket): Promise<void> {
  for (let read = ""; !read.includes("data: ");) read += String(((await once(socket, "data")) as [Buffer])[0]);
}

/** From a client's reset, and from its leaving a stream that goes on, to the end of the provider's call. */
export async function cancelTimes(scene: Scene, rounds: number): Promise<{ reset: number[]; left: number[] }> {
  const { token } = await scene.key();
  const times = { reset: [] as number[], left: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const how of ["reset", "left"] as const) {
      scene.upstream.answer((call) => {
        const stream = call.openStream();
        stream.write(STREAMS.truncated);
        const talking = setInterval(() => how === "left" && stream.write(STREAMS.truncated), 20);
        void call.closed.then(() => clearInterval(talking));
      });
      const socket = begin(scene, token);
      await firstChunk(socket);
      const began = performance.now();
      if (how === "reset") socket.resetAndDestroy();
      else socket.destroy();
      await scene.upstream.calls[0]?.closed;
      times[how].push(performance.now() - began);
    }
  }
  return times;
}

/** Times of requests whose snapshot wants a refresh that PostgreSQL does not answer, from the first stale one on. */
export async function refreshTimes(scene: Scene, requests: number): Promise<number[]> {
  const { token } = await scene.key();
  const { url } = scene.worker;
  must((await ask(url, token, "small")).status === 200, "a request before the outage");
  await scene.database.become("silent");
  const times: number[] = [];
  while (times.length < requests) {
    const asked = await ask(url, token, "small");
    must(asked.status === 200, "a request during the outage");
    if (asked.headers.has("x-signalbox-config")) times.push(asked.ms);
    await pause(100);
  }
  await scene.database.become("pass");
  return times;
}

/** From the answer to a write to the first request, in each of two processes, that it is in force for. */
export async function inForceTimes(scene: Scene, rounds: number): Promise<{ revoked: number[]; published: number[] }> {
  const flowing = async (token: string, model: string, isNew: (asked: Asked) => boolean): Promise<number[]> => {
    const began = performance.now();
    return Promise.all(
      scene.workers.map(async ({ url }) => {
        while (!isNew(await ask(url, token, model))) await pause(50);
        return performance.now() - began;
      }),
    );
  };
  const warm = async (token: string, model: string): Promise<void> => {
    for (const { url } of scene.workers)
      must((await ask(url, token, model)).status === 200, "a request before the write");
  };
  const revoked = Array.from({ length: rounds }, async (_, index) => {
    const { id, token } = await scene.key();
    await warm(token, "small");
    // Not all at the same age of their snapshots.
    await pause(index * 700);
    await warm(token, "small");
    await scene.manage(`/keys/${id}/revoke`, {});
    return flowing(token, "small", ({ status }) => status === 401);
  });
  const { token } = await scene.key();
  const published: number[] = [];
  await scene.publish("watched");
  for (let version = 2; version < 2 + rounds / 2; version += 1) {
    await flowing(token, "router/watched", ({ headers }) => routerOf(headers) === `watched@${String(version - 1)}`);
    await scene.publish("watched");
    published.push(
      ...(await flowing(token, "router/watched", ({ headers }) => routerOf(headers) === `watched@${String(version)}`)),
    );
  }
  return { revoked: (await Promise.all(revoked)).flat(), published };
}

const routerOf = (headers: Headers): string | null => headers.get("x-signalbox-router");

const CHUNKS = 10_000;
const CHUNK = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "x".repeat(4_000) } }] })}\n\n`;
const STILL_MS = 2_000;

/** What many clients that stop reading a long stream cost: memory of the worker, and what providers could send it each. */
export async function slowReaders(
  scene: Scene,
  readers: number,
): Promise<{ beforeMb: number | null; duringMb: number | null; sentMb: number[]; wholeMb: number }> {
  const { token } = await scene.key();
  const { pid } = scene.worker.process;
  const sent = Array.from({ length: readers }, () => 0);
  scene.upstream.answer(async (call, index) => {
    const stream = call.openStream();
    const closed = new AbortController();
    void call.closed.then(() => closed.abort());
    for (let chunk = 0; chunk < CHUNKS && !closed.signal.aborted; chunk += 1) {
      sent[index] = (sent[index] ?? 0) + CHUNK.length;
      if (!stream.write(CHUNK)) await Promise.race([once(stream, "drain"), call.closed]);
    }
    stream.end();
  });
  const beforeMb = await residentMegabytes(pid);
  const sockets = await Promise.all(
    sent.map(async () => {
      const socket = begin(scene, token);
      await firstChunk(socket);
      return socket.pause();
    }),
  );
  for (let before = -1; before !== sum(sent);) {
    before = sum(sent);
    await pause(STILL_MS);
  }
  const duringMb = await residentMegabytes(pid);
  for (const socket of sockets) socket.resetAndDestroy();
  return { beforeMb, duringMb, sentMb: sent.map((bytes) => bytes / 1e6), wholeMb: (CHUNKS * CHUNK.length) / 1e6 };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

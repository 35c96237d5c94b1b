import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { receiptOf, MESSAGES, useScene } from "../completions/scene.ts";
import { stack } from "../stack/provided.ts";
import { STREAMS } from "../upstreams/recordings.ts";
import { beginRequest } from "./begin-request.ts";

const scene = useScene();

/** Sends a request on a connection of its own and leaves the rest to the test. */
function begin(model: string, conversation = "of-no-name"): Promise<Socket> {
  const headers = { "x-signalbox-conversation": conversation };
  return beginRequest(stack().baseUrl, scene().key, { model, stream: true, messages: MESSAGES }, headers);
}

/** Reads on until `text` has come, and gives all that came. */
async function readUntil(socket: Socket, text: string): Promise<string> {
  let read = "";
  while (!read.includes(text)) {
    const [bytes] = (await once(socket, "data")) as [Buffer];
    read += bytes.toString();
  }
  return read;
}

/** A call has reached the provider. */
async function called(): Promise<void> {
  while (scene().upstream.calls.length === 0) await pause(5);
}

describe("a client that goes away", () => {
  it("with a reset, before the first byte, ends the silent provider's call", async () => {
    const { upstream } = scene();
    upstream.answer(() => undefined);
    const socket = await begin("main");
    await called();
    socket.resetAndDestroy();
    expect(await upstream.calls[0]!.closed).toBe(false);
    expect(upstream.calls).toHaveLength(1);
  });

  it("with a reset, before the first byte, leaves its receipt: there are as many as requests", async () => {
    const { tenant, upstream } = scene();
    const conversation = "gone-before-the-first-byte";
    for (let gone = 0; gone < 3; gone += 1) {
      upstream.answer(() => undefined);
      const socket = await begin("main", conversation);
      await called();
      socket.resetAndDestroy();
      expect(await upstream.calls[0]!.closed).toBe(false);
    }
    upstream.answer((call) => call.stream([STREAMS.text]));
    const served = await begin("main", conversation);
    await readUntil(served, "[DONE]");
    served.destroy();
    const receipts = async (): Promise<unknown[]> => {
      const { body } = await tenant.api(`/decisions?conversation=${conversation}`);
      return (body.data as Record<string, unknown>[]).map(({ status, http_status, model }) => [
        status,
        http_status,
        model,
      ]);
    };
    const gone = ["aborted", 499, "main"];
    await expect
      .poll(receipts, { timeout: 20_000, interval: 100 })
      .toEqual([["completed", 200, "main"], gone, gone, gone]);
  });

  it("with a reset, after the first byte, ends the silent provider's call, and the receipt says so", async () => {
    const { tenant, upstream } = scene();
    upstream.answer((call) => void call.openStream().write(STREAMS.truncated));
    const socket = await begin("main");
    const read = await readUntil(socket, "data: ");
    socket.resetAndDestroy();
    expect(await upstream.calls[0]!.closed).toBe(false);
    const decision = /x-signalbox-decision: (\S+)/i.exec(read)![1]!;
    expect(await receiptOf(tenant, decision)).toMatchObject({ status: "aborted" });
  });

  it("quietly, before the first byte, ends the silent provider's call at the model's deadline at the latest", async () => {
    const { upstream } = scene();
    upstream.answer(() => undefined);
    const socket = await begin("hasty");
    await called();
    socket.destroy();
    expect(await upstream.calls[0]!.closed).toBe(false);
  });

  it("quietly, after the first byte, ends the silent provider's call long before the model's deadline", async () => {
    const { tenant, upstream } = scene();
    upstream.answer((call) => void call.openStream().write(STREAMS.truncated));
    const socket = await begin("main");
    const read = await readUntil(socket, "data: ");
    // The connection is closed in order, so that nothing but writing to it tells.
    socket.destroy();
    expect(await upstream.calls[0]!.closed).toBe(false);
    const decision = /x-signalbox-decision: (\S+)/i.exec(read)![1]!;
    expect(await receiptOf(tenant, decision)).toMatchObject({ status: "aborted" });
  });
});

const CHUNKS = 10_000;
const CHUNK = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "x".repeat(4_000) } }] })}\n\n`;
/** Rounds of 50 ms in which nothing moves: whoever could go on would have. */
const STILL_ROUNDS = 20;

describe("a client that reads slowly", () => {
  it("holds the provider back: what lies between them is bounded, and everything arrives in the end", async () => {
    const { upstream } = scene();
    let written = 0;
    upstream.answer(async (call) => {
      const stream = call.openStream();
      for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
        written += CHUNK.length;
        if (!stream.write(CHUNK)) await once(stream, "drain");
      }
      stream.end(STREAMS.text);
    });
    const socket = await begin("main");
    let received = (await readUntil(socket, "data: ")).length;
    socket.pause();
    for (let still = 0, before = -1; still < STILL_ROUNDS; before = written) {
      still = written === before ? still + 1 : 0;
      await pause(50);
    }
    const total = CHUNKS * CHUNK.length;
    // Buffers of four sockets; nothing in between keeps what the client has not read.
    expect(written).toBeLessThan(total / 2);

    let tail = "";
    socket.on("data", (bytes: Buffer) => {
      received += bytes.length;
      tail = (tail + bytes.toString()).slice(-100);
    });
    socket.resume();
    while (!tail.includes("[DONE]")) await once(socket, "data");
    expect(written).toBe(total);
    expect(received).toBeGreaterThan(total);
    socket.destroy();
  });
});

import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/edge-path/manual-clock.ts";
import { send } from "./send.ts";

const TARGET = { endpoint: "https://collector.test/base", headers: { "x-key": "k" } };
const never = new Promise<Response>(() => undefined);

function sending(answer: (url: string, init: RequestInit) => Promise<Response>) {
  const clock = new ManualClock();
  const asked: string[] = [];
  let signal: AbortSignal | null | undefined = null;
  const fetch = ((url: string, init: RequestInit) => {
    asked.push(url);
    signal = init.signal;
    return answer(url, init);
  }) as typeof globalThis.fetch;
  const sent = send({ fetch, now: clock.now, sleep: clock.sleep }, TARGET, "traces", Uint8Array.of(1));
  return { clock, asked, sent, aborted: () => signal?.aborted };
}

describe("a collector", () => {
  it("is asked under its base address, once", async () => {
    const { sent, asked } = sending(() => Promise.resolve(new Response()));
    expect(await sent).toEqual({ kind: "taken", rejected: 0 });
    expect(asked).toEqual(["https://collector.test/base/v1/traces"]);
  });

  it.each([
    ["does not answer", () => never],
    ["does not end its answer", () => Promise.resolve(new Response(new ReadableStream()))],
  ])("that %s is given up after a while, and asked again later", async (_how, answer) => {
    const { sent, clock, aborted } = sending(answer);
    await clock.advance(9_999);
    expect(aborted()).toBe(false);
    await clock.advance(1);
    expect(await sent).toEqual({ kind: "later", reason: "timeout", afterMs: null });
    expect(aborted()).toBe(true);
  });

  it("says how long it wants to be left alone", async () => {
    const busy = new Response(null, { status: 429, headers: { "retry-after": "30" } });
    expect(await sending(() => Promise.resolve(busy)).sent).toMatchObject({ kind: "later", afterMs: 30_000 });
  });

  it.each([
    ["an empty message", []],
    ["no message", [0xff, 0xff]],
    ["a message of other fields", [0x10, 0x01]],
    ["a partial success that rejects nothing", [0x0a, 0x00]],
  ])("that answers with %s has taken everything", async (_what, bytes) => {
    const headers = { "content-type": "application/x-protobuf" };
    const answer = () => Promise.resolve(new Response(Uint8Array.from(bytes), { headers }));
    expect(await sending(answer).sent).toEqual({ kind: "taken", rejected: 0 });
  });

  it("may break off, and is asked again later", async () => {
    const { sent } = sending(() => Promise.reject(new Error("secret address")));
    expect(await sent).toEqual({ kind: "later", reason: "unreachable", afterMs: null });
  });
});

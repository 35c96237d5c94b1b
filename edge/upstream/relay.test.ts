import { describe, expect, it } from "vitest";
import { STREAMS, USAGE_CHUNK, USAGE_TOKENS } from "../../test/upstreams/recordings.ts";
import { Relay, type RelayOptions } from "./relay.ts";
import { Watchdog } from "./watchdog.ts";

const never = () => new Promise<void>(() => undefined);

interface Source {
  readonly chunks: readonly Uint8Array[];
  /** What happens after the last chunk. */
  readonly then?: "end" | "error" | "hang";
}

function start({ chunks, then = "end" }: Source, options: Partial<RelayOptions> = {}) {
  const [first, ...rest] = chunks;
  const pulled: number[] = [];
  let cancelled = false;
  const remaining = rest.values();
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = remaining.next();
        if (next.done !== true) {
          pulled.push(next.value.length);
          controller.enqueue(next.value);
        } else if (then === "end") controller.close();
        else if (then === "error") controller.error(new Error("reset"));
        else return never();
        return undefined;
      },
    },
    { highWaterMark: 0 },
  );
  const watchdog = new Watchdog({ now: () => 0, sleep: never }, 1_000, () => undefined);
  const stream = { reader: body.getReader(), first: first!, watchdog, idleMs: 100, cancel: () => (cancelled = true) };
  const { body: relayedBody, ended } = new Relay(stream, { keepUsageChunk: false, choices: 1, ...options });
  return { body: relayedBody, ended, pulled, wasCancelled: () => cancelled };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const pieces = (text: string, size: number) => {
  const all = bytes(text);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
};
const INTERRUPTION =
  'data: {"error":{"message":"The upstream provider broke off before the answer was complete.","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}\n\n';

async function run(source: Source, options?: Partial<RelayOptions>) {
  const { body, ended } = start(source, options);
  const text = await new Response(body).text();
  return { text, ...(await ended) };
}

describe("a relayed stream", () => {
  const complete = [
    "text",
    "toolCall",
    "parallelToolCalls",
    "textWithUsage",
    "comments",
    "crlf",
    "cr",
    "byteOrderMark",
    "withoutDone",
    "unterminatedDone",
    "multiLineData",
  ] as const;
  for (const name of complete) {
    it.each([1, 7, 1_000_000])(
      `passes "${name}" byte for byte in pieces of %i when the client asked for usage`,
      async (size) => {
        const { body, ended } = start({ chunks: pieces(STREAMS[name], size) }, { keepUsageChunk: true });
        expect(Buffer.from(await new Response(body).arrayBuffer())).toEqual(Buffer.from(STREAMS[name]));
        expect((await ended).ending).toBe("completed");
      },
    );
  }

  it.each([1, 5, 1_000_000])(
    "loses the usage chunk, and nothing else, when the client did not ask, in pieces of %i",
    async (size) => {
      for (const [name, ends] of [
        ["textWithUsage", "\n"],
        ["crlf", "\r\n"],
        ["cr", "\r"],
        ["comments", "\n"],
      ] as const) {
        const { text, meter } = await run({ chunks: pieces(STREAMS[name], size) });
        expect(text).toBe(STREAMS[name].replace(USAGE_CHUNK.replaceAll("\n", ends), ""));
        expect(meter.usage).toMatchObject({
          inputTokens: USAGE_TOKENS.input,
          cachedInputTokens: USAGE_TOKENS.cached,
          outputTokens: USAGE_TOKENS.output,
          reasoningTokens: USAGE_TOKENS.reasoning,
          estimated: false,
        });
      }
    },
  );

  it("counts the arguments of called functions, of the older form too", async () => {
    const calling = [
      { tool_calls: [{ index: 0, function: { arguments: "{é" } }] },
      { function_call: { arguments: "}" } },
    ];
    const chunks = calling.map((delta) => bytes(`data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`));
    expect((await run({ chunks })).meter.textBytes).toBe(bytes("{é}").length);
  });

  it("counts the text it delivered and tells how the answer finished", async () => {
    const spoken = await run({ chunks: pieces(STREAMS.text, 9) });
    expect(spoken.meter).toMatchObject({
      finishReason: "stop",
      textBytes: bytes("Grüße aus 東京 🚉.").length,
      usage: null,
    });
    expect((await run({ chunks: pieces(STREAMS.toolCall, 9) })).meter.finishReason).toBe("tool_calls");
  });

  it.each(["end", "error"] as const)(
    "says so in the stream when the provider breaks off between events (%s)",
    async (then) => {
      const { text, ending } = await run({ chunks: pieces(STREAMS.truncated, 11), then });
      expect(text).toBe(STREAMS.truncated + INTERRUPTION);
      expect(ending).toBe("interrupted");
    },
  );

  it("keeps half an event from the client when the provider breaks off inside it", async () => {
    const { text } = await run({ chunks: [bytes(STREAMS.cutInsideEvent)], then: "error" });
    expect(text).toBe(STREAMS.cutInsideEvent.slice(0, STREAMS.cutInsideEvent.lastIndexOf("\n\n") + 2) + INTERRUPTION);
  });

  it("misses the end of a second choice", async () => {
    expect((await run({ chunks: [bytes(STREAMS.withoutDone)] }, { choices: 2 })).ending).toBe("interrupted");
  });

  it("passes an error inside the stream as it is and counts the request as failed", async () => {
    const { text, ending } = await run({ chunks: [bytes(STREAMS.errorInside)] });
    expect(text).toBe(STREAMS.errorInside);
    expect(ending).toBe("failed");
  });

  it("does not hold an event that is too large to be a usage chunk, and still ends an interruption cleanly", async () => {
    const large = `data: {"choices":[{"delta":{"content":"${"x".repeat(200_000)}`;
    const { text } = await run({ chunks: pieces(large, 50_000), then: "error" });
    expect(text === `${large.slice(0, 200_000)}\n\n${INTERRUPTION}`).toBe(true);
  });

  it("reads no further than the client", async () => {
    const events = STREAMS.text.split(/(?<=\n\n)/).map(bytes);
    const { body, pulled } = start({ chunks: events });
    const reader = body.getReader();
    expect(pulled).toHaveLength(0);
    await reader.read();
    expect(pulled).toHaveLength(0);
    await reader.read();
    expect(pulled).toHaveLength(1);
  });

  it("ends the provider's call when the client goes away", async () => {
    const { body, ended, wasCancelled } = start({ chunks: [bytes(STREAMS.truncated)], then: "hang" });
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    expect(wasCancelled()).toBe(true);
    expect((await ended).ending).toBe("aborted");
  });

  it("counts an answer as complete when the client hangs up after its last event", async () => {
    const { body, ended } = start({ chunks: [bytes(STREAMS.text)], then: "hang" });
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    expect((await ended).ending).toBe("completed");
  });
});

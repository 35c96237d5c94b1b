import type { OpenStream } from "./attempt.ts";
import { Meter } from "./meter.ts";
import { encodeEvent, join, SseDecoder, type SseBlock } from "./sse.ts";

/** Bytes of an unfinished event that are held back; what is larger is no usage chunk and passes as it comes. */
const MAX_HELD_BYTES = 64 * 1024;

export interface RelayOptions {
  /** Whether the client asked for the usage chunk. */
  readonly keepUsageChunk: boolean;
  /** How many choices the client asked for: each must finish. */
  readonly choices: number;
}

export type StreamEnding = "completed" | "failed" | "interrupted" | "aborted";

export interface StreamEnd {
  readonly ending: StreamEnding;
  readonly meter: Meter;
}

/**
 * Passes a provider's stream on, event by event and byte for byte, at the pace the client reads. Whole events only: a
 * provider that breaks off inside one would otherwise spoil the error event that tells the client so.
 */
export function relay(
  stream: OpenStream,
  options: RelayOptions,
): { readonly body: ReadableStream<Uint8Array>; readonly ended: Promise<StreamEnd>; readonly abort: () => void } {
  const meter = new Meter();
  const decoder = new SseDecoder();
  const { promise: ended, resolve } = Promise.withResolvers<StreamEnd>();
  let over = false;
  let first: Uint8Array | null = stream.first;
  let droppedLast = false;
  let cut = false;
  let insideEvent = false;

  const finish = (ending: StreamEnding): void => {
    over = true;
    stream.watchdog.close();
    resolve({ ending, meter });
  };
  const isComplete = (): boolean => meter.done || meter.hasFinished(options.choices);
  const abort = (): void => {
    if (over) return;
    // Clients may hang up on reading [DONE]: that is a complete answer.
    finish(isComplete() ? "completed" : "aborted");
    stream.cancel();
    void stream.reader.cancel().catch(() => undefined);
  };
  const passes = (block: SseBlock): boolean => {
    const meaning = block.event === null ? "content" : meter.observe(block.event);
    if (!block.tail) droppedLast = meaning === "usage_only" && !options.keepUsageChunk;
    return !droppedLast;
  };
  const kept = (blocks: readonly SseBlock[]): Uint8Array => {
    const parts = blocks.filter(passes).map((block) => block.bytes);
    return join(
      parts,
      parts.reduce((sum, part) => sum + part.length, 0),
    );
  };
  const next = async (): Promise<Uint8Array | null> => {
    if (first !== null) {
      const chunk = first;
      first = null;
      return chunk;
    }
    stream.watchdog.watch(stream.idleMs);
    try {
      const { done, value } = await stream.reader.read();
      return done ? null : value;
    } catch {
      cut = true;
      return null;
    } finally {
      stream.watchdog.rest();
    }
  };
  const close = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    // What was cut off inside an event is of no use to the client; what a clean end left without a blank line is.
    const rest = cut ? new Uint8Array() : kept([decoder.release()]);
    if (meter.failed || isComplete()) {
      if (rest.length > 0) controller.enqueue(rest);
      finish(meter.failed ? "failed" : "completed");
    } else {
      controller.enqueue(
        insideEvent ? join([BLANK_LINE, INTERRUPTED], BLANK_LINE.length + INTERRUPTED.length) : INTERRUPTED,
      );
      finish("interrupted");
    }
    controller.close();
  };

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (!over) {
          const chunk = await next();
          if (over) return;
          if (chunk === null) {
            close(controller);
            return;
          }
          const blocks = decoder.push(chunk);
          if (blocks.length > 0) insideEvent = false;
          if (decoder.heldBytes > MAX_HELD_BYTES) {
            blocks.push(decoder.release());
            insideEvent = true;
          }
          const bytes = kept(blocks);
          if (bytes.length === 0) continue;
          controller.enqueue(bytes);
          return;
        }
      },
      cancel: abort,
    },
    { highWaterMark: 0 },
  );
  return { body, ended, abort };
}

const BLANK_LINE = new TextEncoder().encode("\n\n");
const INTERRUPTED = encodeEvent(
  JSON.stringify({
    error: {
      message: "The upstream provider broke off before the answer was complete.",
      type: "server_error",
      param: null,
      code: "upstream_stream_interrupted",
    },
  }),
);

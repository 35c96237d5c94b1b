import { encodeUtf8 } from "../utf8.ts";
import type { OpenStream } from "./attempt.ts";
import { Meter } from "./meter.ts";
import { encodeEvent, join, SseDecoder, type SseBlock } from "./sse.ts";

/** Milliseconds of a provider's silence after which the client is sent a comment, and again after as many more. */
const COMMENT_EVERY_MS = 900;
/** Bytes of an unfinished event that are held back; what is larger is no usage chunk and passes as it comes. */
const MAX_HELD_BYTES = 64 * 1024;

export interface RelayOptions {
  /** Whether the client asked for the usage chunk. */
  readonly keepUsageChunk: boolean;
  /** How many choices the client asked for: each must finish. */
  readonly choices: number;
  /** Characters of the first choice's text that are kept; none when absent. */
  readonly keptCharacters?: number;
}

export type StreamEnding = "completed" | "failed" | "interrupted" | "aborted";

export interface StreamEnd {
  readonly ending: StreamEnding;
  readonly meter: Meter;
}

/**
 * Passes a provider's stream on, event by event and byte for byte, at the pace the client reads. Whole events only: a
 * provider that breaks off inside one would otherwise spoil the error event that tells the client so. While the provider
 * is silent, comments go to the client: one that has closed its connection quietly is noticed on being written to.
 */
export class Relay {
  /** What the client reads. */
  readonly body: ReadableStream<Uint8Array>;
  readonly ended: Promise<StreamEnd>;
  readonly #stream: OpenStream;
  readonly #options: RelayOptions;
  readonly #meter: Meter;
  readonly #decoder = new SseDecoder();
  readonly #resolveEnded: (end: StreamEnd) => void;
  #first: Uint8Array | null;
  #over = false;
  /** The provider's connection broke, or was ended for its silence. */
  #cut = false;
  /** The client holds the beginning of an event that was too large to be held back. */
  #insideEvent = false;
  #droppedLast = false;
  #heldUntil: Promise<unknown> = Promise.resolve();
  /** What has been asked of the provider and not been passed on yet. */
  #reading: Promise<Uint8Array | null> | null = null;
  #onSilence: (() => void) | null = null;
  readonly #listener = { everyMs: COMMENT_EVERY_MS, onSilence: () => this.#onSilence?.() };

  constructor(stream: OpenStream, options: RelayOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#meter = new Meter(options.keptCharacters);
    this.#first = stream.first;
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.body = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.abort() },
      { highWaterMark: 0 },
    );
  }

  /** UTF-8 bytes of text that have come so far. */
  get textBytes(): number {
    return this.#meter.textBytes;
  }

  /** Keeps the end of the answer from the client until `settled`, which `ended` may lead to. */
  holdEnd(settled: Promise<unknown>): void {
    this.#heldUntil = settled;
  }

  /** Ends the provider's call because nobody reads its answer any more. */
  abort(): void {
    if (this.#over) return;
    // Clients may hang up on reading [DONE]: that is a complete answer.
    this.#finish(this.#isComplete() ? "completed" : "aborted");
    this.#stream.cancel();
    void this.#stream.reader.cancel().catch(() => undefined);
  }

  async #pull(controller: Controller): Promise<void> {
    while (!this.#isOver()) {
      const chunk = await this.#next();
      if (this.#isOver()) break;
      if (chunk === SILENCE) {
        if (this.#insideEvent || this.#meter.done) continue;
        controller.enqueue(COMMENT);
        return;
      }
      if (chunk === null) {
        await this.#close(controller);
        return;
      }
      const blocks = this.#decoder.push(chunk);
      if (blocks.length > 0) this.#insideEvent = false;
      if (this.#decoder.heldBytes > MAX_HELD_BYTES) {
        blocks.push(this.#decoder.release());
        this.#insideEvent = true;
      }
      const bytes = this.#kept(blocks);
      if (this.#meter.done) await this.#settle(this.#meter.failed ? "failed" : "completed");
      if (bytes.length === 0) continue;
      controller.enqueue(bytes);
      return;
    }
    controller.close();
  }

  /** What the provider sends next, null at its end; or that it has been silent for another while. */
  async #next(): Promise<Uint8Array | null | typeof SILENCE> {
    const reading = (this.#reading ??= this.#read());
    const next = await new Promise<Uint8Array | null | typeof SILENCE>((resolve) => {
      this.#onSilence = () => resolve(SILENCE);
      void reading.then(resolve);
    });
    this.#onSilence = null;
    if (next !== SILENCE) this.#reading = null;
    return next;
  }

  async #read(): Promise<Uint8Array | null> {
    const first = this.#first;
    this.#first = null;
    if (first !== null) return first;
    const { watchdog, reader, idleMs } = this.#stream;
    watchdog.watch(idleMs, this.#listener);
    try {
      const { done, value } = await reader.read();
      return done ? null : value;
    } catch {
      this.#cut = true;
      return null;
    } finally {
      watchdog.rest();
    }
  }

  async #close(controller: Controller): Promise<void> {
    // What was cut off inside an event is of no use to the client; what a clean end left without a blank line is.
    const rest = this.#cut ? new Uint8Array() : this.#kept([this.#decoder.release()]);
    const whole = this.#meter.failed || this.#isComplete();
    this.#finish(this.#meter.failed ? "failed" : whole ? "completed" : "interrupted");
    await this.#heldUntil;
    if (whole) {
      if (rest.length > 0) controller.enqueue(rest);
    } else {
      if (this.#insideEvent) controller.enqueue(BLANK_LINE);
      controller.enqueue(INTERRUPTED);
    }
    controller.close();
  }

  #kept(blocks: readonly SseBlock[]): Uint8Array {
    const parts = blocks.filter((block) => this.#passes(block)).map((block) => block.bytes);
    return join(
      parts,
      parts.reduce((sum, part) => sum + part.length, 0),
    );
  }

  #passes(block: SseBlock): boolean {
    const meaning = block.event === null ? "content" : this.#meter.observe(block.event);
    if (!block.tail) this.#droppedLast = meaning === "usage_only" && !this.#options.keepUsageChunk;
    return !this.#droppedLast;
  }

  /** A method, because it changes while the provider is waited for. */
  #isOver(): boolean {
    return this.#over;
  }

  #isComplete(): boolean {
    return this.#meter.done || this.#meter.hasFinished(this.#options.choices);
  }

  #finish(ending: StreamEnding): void {
    this.#over = true;
    this.#stream.watchdog.close();
    this.#resolveEnded({ ending, meter: this.#meter });
  }

  /** The provider has said its last word: how this ends is known before the client hears of it. */
  async #settle(ending: StreamEnding): Promise<void> {
    this.#resolveEnded({ ending, meter: this.#meter });
    await this.#heldUntil;
  }
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

const SILENCE = Symbol("silence");
/** Dispatches no event (WHATWG HTML, "server-sent events"). */
const COMMENT = encodeUtf8(": waiting for the provider\n\n");
const BLANK_LINE = encodeUtf8("\n\n");
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

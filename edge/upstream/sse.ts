import { encodeUtf8 } from "../utf8.ts";

const CR = 0x0d;
const LF = 0x0a;
const BYTE_ORDER_MARK = "\uFEFF";

/** One dispatched event of a stream (WHATWG HTML, "server-sent events"). */
export interface SseEvent {
  /** The `event` field; `message` when the stream gave none. */
  readonly type: string;
  /** The `data` lines, joined by line feeds. */
  readonly data: string;
}

/** Bytes of a stream up to and including one blank line, and the event they dispatch, if they hold one. */
export interface SseBlock {
  readonly bytes: Uint8Array;
  readonly event: SseEvent | null;
  /** True for the LF of a CRLF whose CR already ended the block before: it shares that block's fate. */
  readonly tail: boolean;
}

/**
 * Cuts a stream into blocks without changing a byte: the blocks' bytes joined are the stream. Chunks may be split
 * anywhere, also inside a character or a CRLF. Holds at most one unfinished block; the caller bounds it by `heldBytes`.
 */
export class SseDecoder {
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  #lineIsEmpty = true;
  #previousWasCr = false;
  #blockEnded = false;
  #atStart = true;

  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Uint8Array): SseBlock[] {
    const blocks: SseBlock[] = [];
    let start = 0;
    let index = 0;
    for (; index < chunk.length; index += 1) {
      const byte = chunk[index];
      const lfOfCrLf = byte === LF && this.#previousWasCr;
      this.#previousWasCr = byte === CR;
      if (lfOfCrLf) {
        if (this.#blockEnded) {
          blocks.push({ bytes: chunk.subarray(start, index + 1), event: null, tail: true });
          start = index + 1;
        }
      } else if (byte === CR || byte === LF) {
        if (this.#lineIsEmpty) {
          blocks.push(this.#finish(chunk.subarray(start, index + 1)));
          start = index + 1;
          this.#blockEnded = true;
          continue;
        }
        this.#lineIsEmpty = true;
      } else this.#lineIsEmpty = false;
      this.#blockEnded = false;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
    return blocks;
  }

  /**
   * Gives up the bytes of the unfinished block: at the end of a stream, where the specification discards such an event
   * but its bytes still belong to the client, or when it grows too large to be held.
   */
  release(): SseBlock {
    return this.#finish(new Uint8Array());
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #finish(last: Uint8Array): SseBlock {
    if (last.length > 0) this.#hold(last);
    const bytes = join(this.#held, this.#heldBytes);
    this.#held.length = 0;
    this.#heldBytes = 0;
    const text = DECODER.decode(bytes);
    const event = parseEvent(this.#atStart && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
    this.#atStart = false;
    return { bytes, event, tail: false };
  }
}

/** The bytes of one event without a type. */
export function encodeEvent(data: string): Uint8Array {
  return encodeUtf8(`data: ${data}\n\n`);
}

/** Parts joined; a single part is returned as it is, without a copy. */
export function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Keeps a byte order mark: only at the beginning of a stream is it none of the text. */
const DECODER = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

function parseEvent(block: string): SseEvent | null {
  const data: string[] = [];
  let type = "";
  for (const line of block.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(":");
    if (line === "" || colon === 0) continue;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") data.push(value);
    else if (field === "event") type = value;
  }
  return data.length === 0 ? null : { type: type === "" ? "message" : type, data: data.join("\n") };
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STREAMS } from "../../test/upstreams/recordings.ts";
import { join, SseDecoder, type SseEvent } from "./sse.ts";

function decode(chunks: readonly Uint8Array[]): { events: SseEvent[]; bytes: Uint8Array } {
  const decoder = new SseDecoder();
  const blocks = [...chunks.flatMap((chunk) => decoder.push(chunk)), decoder.release()];
  const parts = blocks.map((block) => block.bytes);
  const bytes = new Uint8Array(
    join(
      parts,
      parts.reduce((sum, part) => sum + part.length, 0),
    ),
  );
  return { events: blocks.flatMap((block) => block.event ?? []), bytes };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function splitAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

describe("the SSE decoder", () => {
  for (const [name, text] of Object.entries(STREAMS)) {
    const bytes = bytesOf(text);
    const whole = decode([bytes]);

    it(`gives the same events and bytes wherever "${name}" is split`, () => {
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const parts = decode(splitAt(bytes, [cut]));
        if (JSON.stringify(parts.events) !== JSON.stringify(whole.events))
          expect(parts.events, `at ${cut}`).toEqual(whole.events);
        if (Buffer.compare(parts.bytes, bytes) !== 0) expect(parts.bytes, `at ${cut}`).toEqual(bytes);
      }
    });

    it(`gives the same events and bytes for "${name}" in single bytes and in random pieces`, () => {
      expect(decode(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual({ events: whole.events, bytes });
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), (cuts) => {
          expect(decode(splitAt(bytes, cuts))).toEqual({ events: whole.events, bytes });
        }),
        { numRuns: 30 },
      );
    });
  }

  it("reads the same events whatever ends the lines", () => {
    const { events } = decode([bytesOf(STREAMS.textWithUsage)]);
    expect(events.length).toBeGreaterThan(5);
    expect(decode([bytesOf(STREAMS.crlf)]).events).toEqual(events);
    expect(decode([bytesOf(STREAMS.cr)]).events).toEqual(events);
    expect(decode([bytesOf(STREAMS.byteOrderMark)]).events).toEqual(events);
  });

  it.each([
    ["data lines are joined by line feeds", "data: a\ndata: b\n\n", [{ type: "message", data: "a\nb" }]],
    [
      "one leading space is removed, no more",
      "data:  a\n\ndata:b\n\n",
      [
        { type: "message", data: " a" },
        { type: "message", data: "b" },
      ],
    ],
    ["a field without a colon has an empty value", "data\n\n", [{ type: "message", data: "" }]],
    [
      "the type is taken from the event field and does not stay",
      "event: error\ndata: x\n\ndata: y\n\n",
      [
        { type: "error", data: "x" },
        { type: "message", data: "y" },
      ],
    ],
    ["an event without data is not dispatched", "event: ping\n\nid: 1\n\n: note\n\n\n\n", []],
    [
      "a byte order mark counts only at the very start",
      "data: a\n\n\uFEFFdata: b\n\n",
      [{ type: "message", data: "a" }],
    ],
    ["unknown fields and comments are ignored", ":c\nfoo: 1\nretry: 5\ndata: a\n\n", [{ type: "message", data: "a" }]],
  ])("%s", (_rule, text, events) => {
    expect(decode([bytesOf(text)]).events).toEqual(events);
  });
});

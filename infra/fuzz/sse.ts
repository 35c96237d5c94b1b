import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeEvent, SseDecoder, type SseEvent } from "../../edge/upstream/sse.ts";
import { named, type FuzzProperty } from "./fuzz-property.ts";
import { anyText } from "./hostile.ts";

const LINE_ENDS = ["\n", "\r", "\r\n"];

/** Bytes that look like a stream of events: fields, comments, all line ends, and what no server should send. */
export const streamBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .array(
      fc.oneof(
        fc.constantFrom("data: ", "data:", "data", "event: ", "id: 1", "retry: x", ": ", ":", "\uFEFF", "[DONE]", "{}"),
        fc.constantFrom(...LINE_ENDS),
        anyText,
      ),
      { maxLength: 40 },
    )
    .map((parts) => new TextEncoder().encode(parts.join(""))),
  fc.uint8Array({ maxLength: 200 }),
);

const pieces = (bytes: fc.Arbitrary<Uint8Array>) =>
  fc.tuple(bytes, fc.array(fc.nat({ max: 400 }), { maxLength: 8 })).map(([whole, cuts]) => {
    const edges = [0, ...cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b), whole.length];
    return edges.slice(1).map((end, index) => whole.subarray(edges[index], end));
  });

function decoded(chunks: readonly Uint8Array[]): { events: SseEvent[]; bytes: Buffer } {
  const decoder = new SseDecoder();
  const blocks = [...chunks.flatMap((chunk) => decoder.push(chunk)), decoder.release()];
  assert.equal(decoder.heldBytes, 0);
  return { events: blocks.flatMap(({ event }) => event ?? []), bytes: Buffer.concat(blocks.map(({ bytes }) => bytes)) };
}

export const sseProperties: readonly FuzzProperty[] = [
  named(
    "SSE decoder: no byte changes, and the same events come wherever a stream is split",
    fc.property(pieces(streamBytes), (chunks) => {
      const whole = Buffer.concat(chunks);
      const split = decoded(chunks);
      assert.deepEqual(split.bytes, whole);
      assert.deepEqual(split.events, decoded([whole]).events);
    }),
  ),
  named(
    "SSE encoder: what is encoded is decoded to itself",
    fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 8 }), (texts) => {
      const lines = texts.map((text) => text.replaceAll(/[\r\n]/g, ""));
      const { events } = decoded(lines.map(encodeEvent));
      assert.deepEqual(
        events.map(({ data }) => data),
        lines,
      );
    }),
  ),
];

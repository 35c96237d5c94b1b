import { parentPort, workerData } from "node:worker_threads";
import { loadSegmentEncoder } from "./segment-encoder.ts";
import type { EncodedSegment, SegmentText } from "./segment-encoder.ts";

/** Asked of the thread. */
export interface SegmentJob {
  readonly id: number;
  readonly text: SegmentText;
}

/** Answered by the thread; null when the run failed. */
export interface SegmentAnswer {
  readonly id: number;
  readonly segment: EncodedSegment | null;
}

// The entry of an encoder thread. `workerData` is the model directory; the first message says that it is loaded.
const port = parentPort;
if (port !== null) {
  const encode = await loadSegmentEncoder(workerData as string);
  port.on("message", ({ id, text }: SegmentJob) => {
    void encode(text).then(
      (segment) => port.postMessage({ id, segment } satisfies SegmentAnswer, buffersOf(segment)),
      () => port.postMessage({ id, segment: null } satisfies SegmentAnswer),
    );
  });
  port.postMessage("loaded");
}

function buffersOf(segment: EncodedSegment): ArrayBuffer[] {
  const { tokens, weights, first, second, pooledFirst, pooledSecond, vector } = segment;
  return [tokens, weights, first, second, pooledFirst, pooledSecond, vector].map((values) => values.buffer);
}

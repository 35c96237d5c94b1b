import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Segment } from "./segment.ts";

/** An encoded segment of `length` tokens. */
export interface EncodedSegment {
  readonly length: number;
  /** `length` × TOKEN_WIDTH, each row of length 1. */
  readonly tokens: Float32Array;
  /** How much each token says, 0..1. */
  readonly weights: Float32Array;
  /** 1 where a content token of that part stands. */
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** Mean vectors of the parts, of length 1; zero for a second part that is not there. */
  readonly pooledFirst: Float32Array;
  readonly pooledSecond: Float32Array;
  /** The first part as a policy's vector for the head. */
  readonly vector: Float32Array;
}

export interface SegmentEncoder {
  /** Runs off the event loop, one segment at a time: an encoding never depends on its neighbours in a batch. */
  readonly encode: (segment: Segment) => Promise<EncodedSegment>;
}

/** Loads `encoder.onnx` from a model directory. */
export async function loadSegmentEncoder(directory: string): Promise<SegmentEncoder> {
  const session = await loadSession(join(directory, "encoder.onnx"));
  return {
    encode: async (segment) => {
      const length = segment.ids.length;
      const first = mask(length, 1, segment.first);
      const second = mask(length, segment.first + 2, segment.second);
      const types = new BigInt64Array(length).fill(1n, segment.first + 2);
      const shape = [1, length];
      const output = await session.run({
        ids: new Tensor("int64", BigInt64Array.from(segment.ids, BigInt), shape),
        types: new Tensor("int64", types, shape),
        first: new Tensor("float32", first, shape),
        second: new Tensor("float32", second, shape),
      });
      return {
        length,
        tokens: floats(output, "tokens"),
        weights: floats(output, "weights"),
        first,
        second,
        pooledFirst: floats(output, "pooled_first"),
        pooledSecond: floats(output, "pooled_second"),
        vector: floats(output, "vector"),
      };
    },
  };
}

/** One thread a session: decisions run beside each other, never inside each other. */
export function loadSession(path: string): Promise<InferenceSession> {
  return InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: "all" });
}

/** The values of one output. Throws when the graph is not the one this code was written for. */
export function floats(output: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const data = output[name]?.data;
  if (!(data instanceof Float32Array)) throw new TypeError(`the model has no float output ${name}`);
  return data;
}

function mask(length: number, from: number, count: number): Float32Array {
  return new Float32Array(length).fill(1, from, from + count);
}

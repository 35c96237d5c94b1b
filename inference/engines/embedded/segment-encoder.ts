import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { createTokenizer } from "./tokenizer.ts";
import { floats, loadSession } from "./session.ts";
import { policySegment, turnSegment } from "./segment.ts";

/** What the encoder reads: a user turn with the assistant's turn before it (or empty), or a policy's text. */
export type SegmentText =
  | { readonly kind: "turn"; readonly text: string; readonly assistant: string }
  | { readonly kind: "policy"; readonly text: string };

type Floats = Float32Array<ArrayBuffer>;

/** An encoded segment of `length` tokens. */
export interface EncodedSegment {
  readonly length: number;
  /** `length` × width of a token, each row of length 1. */
  readonly tokens: Floats;
  /** How much each token says, 0..1. */
  readonly weights: Floats;
  /** 1 where a content token of that part stands. */
  readonly first: Floats;
  readonly second: Floats;
  /** Mean vectors of the parts, of length 1; zero for a second part that is not there. */
  readonly pooledFirst: Floats;
  readonly pooledSecond: Floats;
  /** The first part as a policy's vector for the head. */
  readonly vector: Floats;
}

/** Encodes one segment on the thread that calls it: an encoding never depends on its neighbours in a batch. */
export type EncodeSegment = (text: SegmentText) => Promise<EncodedSegment>;

/** Cuts are made on segments, whose parts have bounds of their own. */
const UNCUT = 1_000_000;

/** Loads `encoder.onnx` and `tokenizer.json` from a model directory. */
export async function loadSegmentEncoder(directory: string): Promise<EncodeSegment> {
  const definition = JSON.parse(await readFile(join(directory, "tokenizer.json"), "utf8")) as object;
  const tokenize = createTokenizer(definition, UNCUT);
  const session = await loadSession(join(directory, "encoder.onnx"));
  return async (text) => {
    const segment =
      text.kind === "turn" ? turnSegment(tokenize, text.text, text.assistant) : policySegment(tokenize, text.text);
    const length = segment.ids.length;
    const first = mask(length, 1, segment.first);
    const second = mask(length, segment.first + 2, segment.second);
    const shape = [1, length];
    const output = await session.run({
      ids: new Tensor("int64", BigInt64Array.from(segment.ids, BigInt), shape),
      types: new Tensor("int64", new BigInt64Array(length).fill(1n, segment.first + 2), shape),
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
  };
}

function mask(length: number, from: number, count: number): Floats {
  return new Float32Array(length).fill(1, from, from + count);
}

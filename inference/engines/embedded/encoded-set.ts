import { Tensor } from "onnxruntime-node";
import type { PolicySet } from "../engine.ts";
import { policyText } from "./policy-text.ts";
import type { EncodedSegment, EncodeSegment } from "./segment-encoder.ts";

/** A policy set as the match and head graphs take it; P policies of up to L tokens. */
export interface EncodedSet {
  readonly digest: string;
  readonly count: number;
  readonly pooled: readonly Float32Array[];
  /** Inputs of the match graph: tokens [P, L, width], weights and mask [P, L], pooled [P, width of the encoder]. */
  readonly match: Readonly<Record<"policy_tokens" | "policy_weights" | "policy_mask" | "policy_pooled", Tensor>>;
  /** Input of the head graph, [P, width of the head]. */
  readonly vectors: Tensor;
  readonly bytes: number;
}

/** Encodes every policy once, one after the other: a turn that comes meanwhile waits for one of them, not for all. */
export async function encodeSet({ policies, digest }: PolicySet, encode: EncodeSegment): Promise<EncodedSet> {
  const encoded: EncodedSegment[] = [];
  for (const policy of policies) encoded.push(await encode({ kind: "policy", text: policyText(policy) }));
  const length = Math.max(...encoded.map((one) => one.length));
  const rows = (of: (one: EncodedSegment) => Float32Array, size: number, dims: readonly number[]): Tensor => {
    const data = new Float32Array(encoded.length * size);
    encoded.forEach((one, index) => data.set(of(one), index * size));
    return new Tensor("float32", data, [encoded.length, ...dims]);
  };
  const width = (encoded[0]?.tokens.length ?? 0) / (encoded[0]?.length ?? 1);
  const pooledWidth = encoded[0]?.pooledFirst.length ?? 0;
  const vectorWidth = encoded[0]?.vector.length ?? 0;
  return {
    digest,
    count: encoded.length,
    pooled: encoded.map((one) => one.pooledFirst),
    match: {
      policy_tokens: rows((one) => one.tokens, length * width, [length, width]),
      policy_weights: rows((one) => one.weights, length, [length]),
      policy_mask: rows((one) => one.first, length, [length]),
      policy_pooled: rows((one) => one.pooledFirst, pooledWidth, [pooledWidth]),
    },
    vectors: rows((one) => one.vector, vectorWidth, [vectorWidth]),
    bytes: 4 * encoded.length * (length * (width + 2) + 2 * pooledWidth + vectorWidth),
  };
}

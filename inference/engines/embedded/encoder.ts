import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { createTokenizer } from "./tokenizer.ts";
import { toLengthOne } from "./vectors.ts";
import type { Rows } from "./vectors.ts";

/** The encoder was trained on 128 tokens; time grows with length. */
const MAX_TOKENS = 128;
/** Tokens whose own vectors are kept: the first and the last ones of a longer text. */
const MAX_ROWS = 62;

/** One text as the encoder sees it. */
export interface Encoding {
  /** Mean of the token vectors, length 1. */
  readonly pooled: Float32Array<ArrayBuffer>;
  /** The tokens' own vectors, without the special ones. */
  readonly tokens: Rows;
}

/** Texts to vectors. */
export interface Encoder {
  /** Alone: the last digits of a result could depend on its neighbours in a batch. */
  readonly encode: (text: string) => Promise<Encoding>;
  /** In batches of similar length, which takes about half the time; the same texts make the same batches. */
  readonly encodeAll: (texts: Iterable<string>) => Promise<Map<string, Encoding>>;
}

/** Encodes a list of texts as one batch, on the thread that calls it: a run blocks that thread for milliseconds. */
export type EncodeBatch = (texts: readonly string[]) => Promise<Encoding[]>;

/** Loads `model.onnx` and `tokenizer.json` from a model directory. */
export async function loadEncoder(directory: string): Promise<EncodeBatch> {
  const definition = JSON.parse(await readFile(join(directory, "tokenizer.json"), "utf8")) as object;
  const tokenize = createTokenizer(definition, MAX_TOKENS);
  const session = await InferenceSession.create(join(directory, "model.onnx"), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });

  return async (texts) => {
    const batch = texts.map(tokenize);
    const length = Math.max(...batch.map((ids) => ids.length));
    const shape = [batch.length, length];
    const ids = new BigInt64Array(batch.length * length);
    const mask = new BigInt64Array(batch.length * length);
    batch.forEach((row, index) => {
      ids.set(row.map(BigInt), index * length);
      mask.fill(1n, index * length, index * length + row.length);
    });
    const { last_hidden_state: output } = await session.run({
      input_ids: new Tensor("int64", ids, shape),
      attention_mask: new Tensor("int64", mask, shape),
      token_type_ids: new Tensor("int64", new BigInt64Array(batch.length * length), shape),
    });
    if (!(output?.data instanceof Float32Array)) throw new TypeError("the encoder's output is not float32");
    const hidden = output.data;
    const width = hidden.length / ids.length;
    return batch.map((row, index) => {
      const begin = index * length * width;
      const own = hidden.subarray(begin, begin + row.length * width);
      return { pooled: pool(own, width), tokens: contentRows(own, width) };
    });
  };
}

function pool(hidden: Float32Array, width: number): Float32Array<ArrayBuffer> {
  const sum = new Float32Array(width);
  for (let begin = 0; begin < hidden.length; begin += width) {
    for (let at = 0; at < width; at += 1) sum[at] = (sum[at] ?? 0) + (hidden[begin + at] ?? 0);
  }
  return toLengthOne(sum);
}

/** The vectors of a text's tokens between the first and the last one, which are special. */
function contentRows(hidden: Float32Array, width: number): Rows {
  const content = Array.from({ length: hidden.length / width - 2 }, (_, index) => index + 1);
  const half = MAX_ROWS / 2;
  const kept = content.length > MAX_ROWS ? [...content.slice(0, half), ...content.slice(-half)] : content;
  const values = new Float32Array(kept.length * width);
  kept.forEach((row, index) => values.set(toLengthOne(hidden.slice(row * width, (row + 1) * width)), index * width));
  return { values, count: kept.length, width };
}

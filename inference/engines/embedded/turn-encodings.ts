import { createHash } from "node:crypto";
import type { Encoder, Encoding } from "./encoder.ts";

/** What a map entry costs beside its vectors. */
const OVERHEAD_BYTES = 300;

export interface TurnEncodings {
  /** A text's encoding; `isolation` keeps tenants from measuring what others have asked. */
  readonly encode: (text: string, isolation: string) => Promise<Encoding>;
  /** Only the pooled vector, which costs a fraction of the memory. */
  readonly encodePooled: (text: string, isolation: string) => Promise<Float32Array>;
}

/** Encodings of turns by hash of isolation token and text, least recently used out first beyond `maxBytes`. */
export function createTurnEncodings(encoder: Pick<Encoder, "encode">, maxBytes: number): TurnEncodings {
  const whole = new Map<string, Encoding>();
  const pooled = new Map<string, Float32Array>();
  let bytes = 0;

  const trim = <T>(kept: Map<string, T>, cost: (value: T) => number): void => {
    for (const [oldest, value] of kept) {
      if (bytes <= maxBytes) break;
      kept.delete(oldest);
      bytes -= cost(value);
    }
  };
  const touch = <T>(kept: Map<string, T>, key: string, value: T): T => {
    kept.delete(key);
    kept.set(key, value);
    return value;
  };
  const add = <T>(kept: Map<string, T>, key: string, value: T, cost: (value: T) => number): void => {
    if (!kept.has(key)) bytes += cost(value);
    touch(kept, key, value);
    trim(whole, wholeBytes);
    trim(pooled, pooledBytes);
  };

  return {
    encode: async (text, isolation) => {
      const key = keyOf(text, isolation);
      const known = whole.get(key);
      if (known !== undefined) return touch(whole, key, known);
      const encoding = await encoder.encode(text);
      add(whole, key, encoding, wholeBytes);
      return encoding;
    },
    encodePooled: async (text, isolation) => {
      const key = keyOf(text, isolation);
      const known = pooled.get(key) ?? whole.get(key)?.pooled;
      if (known !== undefined) return pooled.has(key) ? touch(pooled, key, known) : known;
      const encoding = await encoder.encode(text);
      add(pooled, key, encoding.pooled, pooledBytes);
      return encoding.pooled;
    },
  };
}

const pooledBytes = (vector: Float32Array): number => vector.byteLength + OVERHEAD_BYTES;
const wholeBytes = ({ pooled, tokens }: Encoding): number => pooledBytes(pooled) + tokens.values.byteLength;

const keyOf = (text: string, isolation: string): string =>
  createHash("sha256")
    .update(JSON.stringify([isolation, text]))
    .digest("base64");

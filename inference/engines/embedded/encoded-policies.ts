import type { Policy } from "../../contract/index.ts";
import type { Encoder, Encoding } from "./encoder.ts";
import { isCatchAll, phrasesOf } from "./policy-text.ts";
import type { Rows } from "./vectors.ts";

/** Everything the scorer reads of one policy; vectors have length 1. */
interface EncodedPolicy {
  /** Of `name: description`. */
  readonly whole: Float32Array;
  readonly tokens: Rows;
  readonly name: Float32Array;
  readonly description: Float32Array;
  /** The description's parts, alone and each with the name before it. */
  readonly phrases: readonly Float32Array[];
  readonly namedPhrases: readonly Float32Array[];
  readonly catchAll: boolean;
}

export interface EncodedPolicies {
  readonly policies: readonly EncodedPolicy[];
  readonly bytes: number;
}

/** Encodes a policy set; the same text is encoded once, however many policies use it. */
export async function encodePolicies(policies: readonly Policy[], encoder: Encoder): Promise<EncodedPolicies> {
  const texts = policies.map(({ name, description }) => {
    const found = phrasesOf(description);
    const phrases = found.length > 0 ? found : [name];
    return {
      whole: `${name}: ${description}`,
      name,
      description: description.trim() === "" ? name : description,
      phrases,
      namedPhrases: phrases.map((phrase) => `${name}: ${phrase}`),
      catchAll: isCatchAll(description),
    };
  });
  const encodings = await encoder.encodeAll(
    texts.flatMap((text) => [text.whole, text.name, text.description, ...text.phrases, ...text.namedPhrases]),
  );
  const encoding = (text: string): Encoding => {
    const known = encodings.get(text);
    if (known === undefined) throw new Error("a policy text was not encoded");
    return known;
  };
  const pooled = (text: string): Float32Array => encoding(text).pooled;
  const encoded = texts.map((text) => ({
    whole: pooled(text.whole),
    tokens: encoding(text.whole).tokens,
    name: pooled(text.name),
    description: pooled(text.description),
    phrases: text.phrases.map(pooled),
    namedPhrases: text.namedPhrases.map(pooled),
    catchAll: text.catchAll,
  }));
  return { policies: encoded, bytes: encoded.reduce((sum, policy) => sum + bytesOf(policy), 0) };
}

function bytesOf({ whole, tokens, phrases }: EncodedPolicy): number {
  return tokens.values.byteLength + whole.byteLength * (3 + 2 * phrases.length);
}

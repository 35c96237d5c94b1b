import type { Turn } from "../../contract/index.ts";
import { escapeJsonForAnyModel } from "../../prompts/escape.ts";
import { createLruCache } from "../lru-cache.ts";
import type { Asked, VllmClient } from "./client.ts";
import { mapWithLimit } from "./map-with-limit.ts";

const CACHE_BYTES = 8 * 1024 * 1024;
const AT_ONCE = 8;
/** What a turn takes beside its text: quotes, role, separators, and indentation where the format has it. */
const AROUND_A_TURN = 16;

interface Counting {
  readonly model: string;
  /** One token never learns from the time it takes what another one has sent. */
  readonly isolation: string;
  readonly signal: AbortSignal;
}

export interface TokenCounts {
  /** Tokens of each turn, by the server's own tokenizer. */
  readonly of: (baseUrl: string, turns: readonly Turn[], counting: Counting) => Promise<Asked<readonly number[]>>;
}

/** Counts turns once each: a conversation comes back with every turn that is added to it. */
export function createTokenCounts(client: VllmClient): TokenCounts {
  const known = createLruCache<number>(CACHE_BYTES);
  return {
    of: async (baseUrl, turns, { model, isolation, signal }) => {
      const counted = await mapWithLimit(turns, AT_ONCE, async ({ content }): Promise<Asked<number>> => {
        const key = JSON.stringify([isolation, content]);
        const cached = known.get(key);
        if (cached !== undefined) return { kind: "answered", value: cached };
        const prompt = escapeJsonForAnyModel(JSON.stringify(content));
        const asked = await client.tokenize(baseUrl, { model, prompt, add_special_tokens: false }, signal);
        if (asked.kind !== "answered") return asked;
        const count = asked.value.tokens.length + AROUND_A_TURN;
        known.set(key, count, 2 * key.length);
        return { kind: "answered", value: count };
      });
      const counts: number[] = [];
      for (const one of counted) {
        if (one.kind !== "answered") return one;
        counts.push(one.value);
      }
      return { kind: "answered", value: counts };
    },
  };
}

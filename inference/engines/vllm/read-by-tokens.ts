import type { Branch, Leaf } from "./candidate-tree.ts";
import type { Asked, VllmClient } from "./client.ts";
import { createPromptFitter } from "./fit-prompt.ts";
import type { PromptBounds, PromptsMade } from "./fit-prompt.ts";
import { MOST_PLACES } from "./look-ahead.ts";
import type { QuestionParts, Read } from "./question.ts";
import { readCandidates } from "./read-candidates.ts";
import { readTree } from "./read-tree.ts";
import type { Place, ReadNext } from "./read-tree.ts";
import { toLogits } from "./shares.ts";
import { TOKENS_A_REQUEST, tokenName, tokenOf } from "./wire.ts";
import type { NextTokens } from "./wire.ts";

/** What is kept of a policy set, in the tokens of the deployment's model. */
export interface CandidateTokens extends PromptBounds {
  readonly tree: Branch | Leaf;
}

export interface TokenReader {
  readonly prepare: (
    baseUrl: string,
    parts: Pick<QuestionParts, "routes" | "options" | "signal">,
  ) => Promise<Asked<CandidateTokens>>;
  readonly read: (baseUrl: string, candidates: CandidateTokens, parts: QuestionParts) => Promise<Read>;
}

/**
 * Reads the answer of a generative router instead of letting it write: the prompt and the beginning of the answer go in
 * as tokens, the log-probabilities of the tokens that the options go on with come out.
 */
export function createTokenReader(client: VllmClient, made: PromptsMade): TokenReader {
  const { model } = made;
  const prompts = createPromptFitter(client, made);

  return {
    prepare: async (baseUrl, parts) => {
      const bare = await prompts.bare(baseUrl, parts);
      if (bare.kind !== "answered") return bare;
      const tree = await readCandidates(client, baseUrl, { ...parts, model });
      if (tree.kind !== "answered") return tree;
      const { tokens, window } = bare.value;
      const answer = deepest(tree.value) + MOST_PLACES;
      return { kind: "answered", value: { tree: tree.value, bare: tokens.length, answer, window } };
    },

    read: async (baseUrl, candidates, parts) => {
      const prompt = await prompts.fit(baseUrl, candidates, parts);
      if (prompt.kind !== "answered") return prompt;
      const spent = { prompt: 0, cached: 0, completion: 0 };
      const readNext: ReadNext = async (paths, { tokens, places, until }) => {
        const asked = await Promise.all(
          slices(tokens, TOKENS_A_REQUEST).map((some) =>
            client.readNext(
              baseUrl,
              {
                model: model.model,
                prompt: paths.map((path) => [...prompt.value.tokens, ...path]),
                max_tokens: places,
                ...(until.length === 0 ? {} : { stop_token_ids: until }),
                temperature: 0,
                logprobs: 1,
                logprob_token_ids: some,
                return_tokens_as_token_ids: true,
                ...(parts.isolation === "" ? {} : { cache_salt: parts.isolation }),
              },
              parts.signal,
            ),
          ),
        );
        const found = paths.map((): FoundPlace[] => []);
        for (const one of asked) {
          if (one.kind !== "answered") return one;
          if (!take(one.value, tokens, found)) return { kind: "garbled", isJson: true };
          spent.prompt += one.value.usage?.prompt_tokens ?? 0;
          spent.cached += one.value.usage?.prompt_tokens_details?.cached_tokens ?? 0;
          spent.completion += one.value.usage?.completion_tokens ?? 0;
        }
        const complete = found.every(([first]) => tokens.every((token) => first?.logprobs.has(token)));
        return complete ? { kind: "answered", value: found } : { kind: "garbled", isJson: true };
      };
      const shares = await readTree(candidates.tree, parts.options.texts.length, readNext);
      if (shares.kind !== "answered") return shares;
      return { kind: "answered", value: { ...toLogits(shares.value), tokens: spent } };
    },
  };
}

interface FoundPlace extends Place {
  readonly logprobs: Map<number, number>;
}

/** Puts what one answer says into its places; false when it shows none, or is about a path that was not asked about. */
function take({ choices }: NextTokens, tokens: readonly number[], found: readonly FoundPlace[][]): boolean {
  for (const { index, logprobs } of choices) {
    const places = found[index];
    if (places === undefined || logprobs === null) return false;
    for (const [at, shown] of logprobs.top_logprobs.entries()) {
      const place = (places[at] ??= { logprobs: new Map(), written: tokenOf(logprobs.tokens[at] ?? "") });
      for (const token of tokens) {
        const logprob = shown[tokenName(token)];
        if (logprob !== undefined) place.logprobs.set(token, logprob);
      }
    }
  }
  return true;
}

/** Tokens of the longest path to a place where names part. */
const deepest = (tree: Branch | Leaf): number =>
  tree.next === null ? 0 : Math.max(tree.path.length, ...[...tree.next.values()].map(deepest));

const slices = <T>(values: readonly T[], size: number): (readonly T[])[] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, index) => values.slice(index * size, (index + 1) * size));

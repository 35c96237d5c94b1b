import type { Turn } from "../../contract/index.ts";
import { fitConversation } from "../../prompts/fit-conversation.ts";
import type { PromptFormat } from "../../prompts/formats.ts";
import type { EngineReading } from "../engine.ts";
import type { Branch, Leaf } from "./candidate-tree.ts";
import type { Asked, VllmClient } from "./client.ts";
import { MOST_PLACES } from "./look-ahead.ts";
import type { Options } from "./options.ts";
import { readCandidates } from "./read-candidates.ts";
import { readTree } from "./read-tree.ts";
import type { Place, ReadNext } from "./read-tree.ts";
import { renderRequest } from "./render-request.ts";
import type { ModelAsked } from "./render-request.ts";
import { toLogits } from "./shares.ts";
import { createTokenCounts } from "./token-counts.ts";
import { TOKENS_A_REQUEST, tokenName, tokenOf } from "./wire.ts";
import type { NextTokens } from "./wire.ts";

/** Prompts of which a conversation was trimmed are counted again; the estimate of its turns may have been too low. */
const TRIES_TO_FIT = 4;
const SHRINK = 0.85;
/** Characters of a token at most, in texts that are no noise: bounds what is counted at all. */
const CHARACTERS_A_TOKEN = 8;
/** With less than this for the conversation, the policies take too much. */
const LEAST_CONVERSATION = 32;

export type Reading = Pick<EngineReading, "logits" | "unsureReason" | "tokens">;

/** What one server came to; `too_long`: the policies alone fill the model's window. */
export type Read = Asked<Reading> | { readonly kind: "too_long" };

/** What is kept of a policy set, in the tokens of the deployment's model. */
export interface CandidateTokens {
  readonly tree: Branch | Leaf;
  /** Tokens of the prompt without the conversation. */
  readonly bare: number;
  /** Most tokens that go behind the prompt, those that the server writes included. */
  readonly answer: number;
  readonly window: number;
}

export interface QuestionParts {
  readonly routes: string;
  readonly options: Options;
  readonly conversation: readonly Turn[];
  readonly isolation: string;
  readonly signal: AbortSignal;
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
export function createTokenReader(
  client: VllmClient,
  { model, format, maxConversationTokens }: { model: ModelAsked; format: PromptFormat; maxConversationTokens: number },
): TokenReader {
  const counts = createTokenCounts(client);
  const tokensOf = (baseUrl: string, routes: string, turns: readonly Turn[], signal: AbortSignal) =>
    client.tokenize(baseUrl, renderRequest(model, format.prompt(routes, turns)), signal);

  /** The tokens of the prompt, the conversation trimmed to what there is room for. */
  const fit = async (
    baseUrl: string,
    { bare, answer, window }: CandidateTokens,
    { routes, conversation, isolation, signal }: QuestionParts,
  ): Promise<Asked<readonly number[]> | { readonly kind: "too_long" }> => {
    const room = Math.min(maxConversationTokens, window - bare - answer);
    if (room < LEAST_CONVERSATION) return { kind: "too_long" };
    const atLeast = conversation.map(({ content }) => content.length / CHARACTERS_A_TOKEN);
    const near = fitConversation(conversation, atLeast, room);
    let turns = near;
    let budget = room;
    for (let tried = 0; tried < TRIES_TO_FIT; tried += 1) {
      const rendered = await tokensOf(baseUrl, routes, turns, signal);
      if (rendered.kind !== "answered") return rendered;
      const { tokens } = rendered.value;
      if (tokens.length <= bare + room) return { kind: "answered", value: tokens };
      const counted = await counts.of(baseUrl, near, { model: model.model, isolation, signal });
      if (counted.kind !== "answered") return counted;
      // The first rendering was of everything; how far later ones are beyond the room says how much the counts miss.
      if (tried > 0) budget *= (SHRINK * room) / (tokens.length - bare);
      turns = fitConversation(near, counted.value, budget);
    }
    return { kind: "too_long" };
  };

  return {
    prepare: async (baseUrl, { routes, options, signal }) => {
      const empty = await tokensOf(baseUrl, routes, [], signal);
      if (empty.kind !== "answered") return empty;
      const tree = await readCandidates(client, baseUrl, { model, options, signal });
      if (tree.kind !== "answered") return tree;
      const { tokens, window } = empty.value;
      const answer = deepest(tree.value) + MOST_PLACES;
      return { kind: "answered", value: { tree: tree.value, bare: tokens.length, answer, window } };
    },

    read: async (baseUrl, candidates, parts) => {
      const prompt = await fit(baseUrl, candidates, parts);
      if (prompt.kind !== "answered") return prompt;
      const spent = { prompt: 0, cached: 0, completion: 0 };
      const readNext: ReadNext = async (paths, { tokens, places, until }) => {
        const asked = await Promise.all(
          slices(tokens, TOKENS_A_REQUEST).map((some) =>
            client.readNext(
              baseUrl,
              {
                model: model.model,
                prompt: paths.map((path) => [...prompt.value, ...path]),
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
          if (!take(one.value, tokens, found)) return { kind: "garbled" };
          spent.prompt += one.value.usage?.prompt_tokens ?? 0;
          spent.cached += one.value.usage?.prompt_tokens_details?.cached_tokens ?? 0;
          spent.completion += one.value.usage?.completion_tokens ?? 0;
        }
        const complete = found.every(([first]) => tokens.every((token) => first?.logprobs.has(token)));
        return complete ? { kind: "answered", value: found } : { kind: "garbled" };
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

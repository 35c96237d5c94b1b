import { json, recorded } from "./vllm-stand-in.ts";
import type { Answer } from "./vllm-stand-in.ts";

/** Stands between a prompt and its answer; no prompt holds it, for JSON escapes it. */
const ANSWER_BEGINS = 0;
const WINDOW = 100_000;
const LIKELY = -0.01;
const UNLIKELY = -8;
/** Ends a turn. */
const ENDS = 1;

interface Asked {
  readonly messages?: readonly { readonly content: string }[];
  readonly prompt?: string | readonly (readonly number[])[];
  readonly logprob_token_ids?: readonly number[];
  readonly max_tokens?: number;
  readonly stop_token_ids?: readonly number[];
}

/**
 * Answers to `/tokenize` and `/v1/completions` in the form of the recorded server, with a token for each UTF-16 unit and
 * a model that would write `text` to everything: for questions that nobody has recorded. A step that would go beyond the
 * window is refused.
 */
export const answersOf =
  (text: string, window = WINDOW) =>
  (path: string, asked: unknown): { readonly status: number; readonly body: string } => {
    const body = asked as Asked;
    if (path === "/tokenize") return { status: 200, body: JSON.stringify(tokenized(body, window)) };
    if (longest(body) > window) return { status: 400, body: recorded("error-status-phrase.json") };
    return { status: 200, body: JSON.stringify(nextTokens(body, text)) };
  };

export const modelThatWrites = (text: string, window = WINDOW): Answer => {
  const answers = answersOf(text, window);
  return (asked, response) => {
    const { status, body } = answers(asked.path, asked.body);
    json(status, body)(asked, response);
  };
};

function tokenized({ messages, prompt = "" }: Asked, window: number) {
  const [question, begun] = messages ?? [];
  const tokens =
    question === undefined
      ? units(String(prompt))
      : [...units(question.content), ANSWER_BEGINS, ...units(begun?.content ?? "")];
  return { count: tokens.length, max_model_len: window, tokens };
}

/** Tokens of the longest prompt of a step, and of what may be written after it. */
const longest = (asked: Asked): number =>
  Math.max(...promptsOf(asked).map(({ length }) => length)) + (asked.max_tokens ?? 1);

const promptsOf = ({ prompt = [] }: Asked) => (typeof prompt === "string" ? [] : prompt);

function nextTokens(asked: Asked, text: string) {
  const prompts = promptsOf(asked);
  const choices = prompts.map((tokens, index) => {
    const begun = String.fromCharCode(...tokens.slice(tokens.lastIndexOf(ANSWER_BEGINS) + 1));
    const rest = text.startsWith(begun) ? units(text.slice(begun.length)) : [];
    const written = until(rest.length === 0 ? [ENDS] : rest, asked);
    const shown = written.map((next) => likelihoods(next, asked));
    return { index, logprobs: { tokens: written.map(name), top_logprobs: shown } };
  });
  const completion = choices.flatMap(({ logprobs }) => logprobs.tokens).length;
  return { choices, usage: { prompt_tokens: prompts.flat().length, completion_tokens: completion } };
}

function until(rest: readonly number[], { max_tokens: most = 1, stop_token_ids: stops = [] }: Asked): number[] {
  const last = rest.findIndex((token) => stops.includes(token));
  return rest.slice(0, last === -1 ? most : Math.min(most, last + 1));
}

const likelihoods = (next: number, { logprob_token_ids: wanted = [] }: Asked): Record<string, number> =>
  Object.fromEntries(wanted.map((token) => [name(token), token === next ? LIKELY : UNLIKELY]));

const name = (token: number): string => `token_id:${String(token)}`;

const units = (text: string): number[] => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));

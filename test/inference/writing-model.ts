import { json } from "./vllm-stand-in.ts";
import type { Answer } from "./vllm-stand-in.ts";

/** Stands between a prompt and its answer; no prompt holds it, for JSON escapes it. */
const ANSWER_BEGINS = 0;
const WINDOW = 100_000;
const LIKELY = -0.01;
const UNLIKELY = -8;

interface Asked {
  readonly messages?: readonly { readonly content: string }[];
  readonly prompt?: string | readonly (readonly number[])[];
  readonly logprob_token_ids?: readonly number[];
}

/**
 * Answers `/tokenize` and `/v1/completions` in the form of the recorded server, with a token for each UTF-16 unit and a
 * model that would write `text` to everything: for questions that nobody has recorded.
 */
export const modelThatWrites =
  (text: string): Answer =>
  (asked, response) => {
    const body = asked.body as Asked;
    const answer = asked.path === "/tokenize" ? tokenized(body) : nextTokens(body, text);
    json(200, JSON.stringify(answer))(asked, response);
  };

function tokenized({ messages, prompt = "" }: Asked) {
  const [question, begun] = messages ?? [];
  const tokens =
    question === undefined
      ? units(String(prompt))
      : [...units(question.content), ANSWER_BEGINS, ...units(begun?.content ?? "")];
  return { count: tokens.length, max_model_len: WINDOW, tokens };
}

function nextTokens({ prompt = [], logprob_token_ids: wanted = [] }: Asked, text: string) {
  const prompts = typeof prompt === "string" ? [] : prompt;
  const choices = prompts.map((tokens, index) => {
    const written = String.fromCharCode(...tokens.slice(tokens.lastIndexOf(ANSWER_BEGINS) + 1));
    const next = text.startsWith(written) ? text.charCodeAt(written.length) : -1;
    const shown = wanted.map((token) => [`token_id:${String(token)}`, token === next ? LIKELY : UNLIKELY]);
    return { index, logprobs: { top_logprobs: [Object.fromEntries(shown) as Record<string, number>] } };
  });
  return { choices, usage: { prompt_tokens: prompts.flat().length, completion_tokens: prompts.length } };
}

const units = (text: string): number[] => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));

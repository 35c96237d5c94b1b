import type { Policy, Turn } from "../../inference/contract/index.ts";
import { promptFormats } from "../../inference/prompts/formats.ts";
import type { PromptFormatName } from "../../inference/prompts/formats.ts";

/** Tokens of one decision. */
export interface Spent {
  readonly prompt: number;
  readonly cached: number;
  readonly completion: number;
}

interface Server {
  readonly url: string;
  readonly model: string;
  readonly format: PromptFormatName;
}

/**
 * Asks a router model as katanemo/archgw does: routes as a hash map gives them, temperature 0.01, a whole answer of its
 * own. A model that was not tuned for routing would not stop after it, so as many tokens are written as the answer of a
 * tuned one has, no more and no fewer.
 */
export async function askAsTheAuthorsDo(
  { url, model, format: name }: Server,
  policies: readonly Policy[],
  conversation: readonly Turn[],
): Promise<Spent> {
  const format = promptFormats[name];
  const routes = format.routes(shuffled(policies));
  const answer = await post(`${url}/v1/chat/completions`, {
    model,
    messages: [{ role: "user", content: format.prompt(routes, conversation) }],
    temperature: 0.01,
    max_tokens: await lengthOfAnswer(url, model, format.answer(policies[0]?.name ?? null).spellings[0] ?? ""),
    ignore_eos: true,
  });
  const { usage } = answer as {
    usage: {
      prompt_tokens: number;
      completion_tokens: number;
      prompt_tokens_details?: { cached_tokens?: number } | null;
    };
  };
  return {
    prompt: usage.prompt_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
    completion: usage.completion_tokens,
  };
}

const lengths = new Map<string, number>();

/** With the token that ends the turn. */
async function lengthOfAnswer(url: string, model: string, answer: string): Promise<number> {
  const known = lengths.get(answer);
  if (known !== undefined) return known;
  const { count } = (await post(`${url}/tokenize`, { model, prompt: answer, add_special_tokens: false })) as {
    count: number;
  };
  lengths.set(answer, count + 1);
  return count + 1;
}

async function post(url: string, body: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${String(answer.status)}: ${await answer.text()}`);
  return answer.json();
}

function shuffled<Value>(values: readonly Value[]): Value[] {
  return values
    .map((value) => ({ value, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}

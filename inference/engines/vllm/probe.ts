import type { Turn } from "../../contract/index.ts";
import type { PromptFormat } from "../../prompts/formats.ts";
import type { Asked, VllmClient } from "./client.ts";
import { constrainedRequest } from "./constrained-request.ts";
import { createOptions } from "./options.ts";
import { renderRequest } from "./render-request.ts";
import type { ModelAsked } from "./render-request.ts";
import { tokenName } from "./wire.ts";

/**
 * How a server can be asked which option its model wants. `tokens`: it returns the log-probabilities of tokens that are
 * named to it. `counted`: it counts tokens, but can only be made to choose. `constrained`: it does not even count.
 */
export type Ability = "tokens" | "counted" | "constrained";

const POLICIES = [{ name: "weather", description: "The weather of a place" }];
const CONVERSATION: readonly Turn[] = [{ role: "user", content: "Will it rain in Bergen?" }];

/** Statuses of a refusal that mean "not here" and will tomorrow; any other may be gone in a second. */
const NOT_KNOWN: readonly number[] = [400, 403, 404, 405, 422, 501];

/**
 * Asks a server for a decision in the best way it has, which also warms it: its first constrained answer takes half a
 * minute. Null when it gives none, or failed at a better way that it may have: what is found out here lasts. What a
 * server does not know it ignores in silence, so only its answer tells.
 */
export async function probe(
  client: VllmClient,
  baseUrl: string,
  asked: ModelAsked & { readonly format: PromptFormat },
  signal: AbortSignal,
): Promise<Ability | null> {
  const { model, format } = asked;
  const text = format.prompt(format.routes(POLICIES), CONVERSATION);
  const rendered = await client.tokenize(baseUrl, renderRequest(asked, text), signal);
  if (rendered.kind !== "answered" && !isNotKnown(rendered)) return null;
  if (rendered.kind === "answered") {
    const { tokens } = rendered.value;
    const wanted = [...new Set(tokens)].slice(-2);
    const read = await client.readNext(
      baseUrl,
      {
        model,
        prompt: [tokens],
        max_tokens: 1,
        temperature: 0,
        logprobs: 1,
        logprob_token_ids: wanted,
        return_tokens_as_token_ids: true,
      },
      signal,
    );
    if (read.kind !== "answered" && !isNotKnown(read)) return null;
    const [shown] = read.kind === "answered" ? (read.value.choices[0]?.logprobs?.top_logprobs ?? []) : [];
    if (shown !== undefined && wanted.every((token) => tokenName(token) in shown)) return "tokens";
  }
  const request = constrainedRequest(asked, { text, options: createOptions(POLICIES, format), isolation: "" });
  if ((await client.complete(baseUrl, request, signal)).kind !== "answered") return null;
  return rendered.kind === "answered" ? "counted" : "constrained";
}

/** Other servers have a `/tokenize` too, whose answer has another form. */
const isNotKnown = (asked: Asked<unknown>): boolean =>
  asked.kind === "refused" ? NOT_KNOWN.includes(asked.status) : asked.kind === "garbled" && asked.isJson;

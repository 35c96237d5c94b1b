import { mapWithLimit } from "./map-with-limit.ts";
import { createCandidateTree } from "./candidate-tree.ts";
import type { Branch, Candidate, Leaf } from "./candidate-tree.ts";
import type { Asked, VllmClient } from "./client.ts";
import type { Options } from "./options.ts";
import { renderRequest } from "./render-request.ts";
import type { ModelAsked } from "./render-request.ts";

/** Names that are turned into tokens at once. */
const AT_ONCE = 8;

/**
 * The tree of what a model may answer, in the tokens that its server's tokenizer writes each answer with. The answer is
 * tokenized where it will stand, after the prompt: some tokenizers begin a text of its own differently.
 */
export async function readCandidates(
  client: VllmClient,
  baseUrl: string,
  { model, options, signal }: { model: ModelAsked; options: Options; signal: AbortSignal },
): Promise<Asked<Branch | Leaf>> {
  const tokensOf = async (answer?: string) => client.tokenize(baseUrl, renderRequest(model, "?", answer), signal);
  const opening = await tokensOf();
  if (opening.kind !== "answered") return opening;
  const before = opening.value.tokens;

  const spellings = options.spellings.flatMap((all, option) => all.map((spelling) => ({ option, spelling })));
  const asked = await mapWithLimit(spellings, AT_ONCE, async ({ option, spelling }): Promise<Asked<Candidate>> => {
    const whole = await tokensOf(spelling);
    if (whole.kind !== "answered") return whole;
    const { tokens } = whole.value;
    if (before.every((token, index) => tokens[index] === token)) {
      return { kind: "answered", value: { option, tokens: tokens.slice(before.length) } };
    }
    // The template writes something else before an answer that it is given than before one it waits for.
    const alone = await client.tokenize(
      baseUrl,
      { model: model.model, prompt: spelling, add_special_tokens: false },
      signal,
    );
    return alone.kind === "answered" ? { kind: "answered", value: { option, tokens: alone.value.tokens } } : alone;
  });
  const candidates: Candidate[] = [];
  for (const one of asked) {
    if (one.kind !== "answered") return one;
    candidates.push(one.value);
  }
  return { kind: "answered", value: createCandidateTree(candidates) };
}

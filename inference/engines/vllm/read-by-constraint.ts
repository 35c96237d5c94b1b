import { fitConversation } from "../../prompts/fit-conversation.ts";
import type { PromptFormat } from "../../prompts/formats.ts";
import type { VllmClient } from "./client.ts";
import { constrainedRequest } from "./constrained-request.ts";
import { readAnswer } from "./read-answer.ts";
import type { QuestionParts, Read } from "./read-by-tokens.ts";
import type { ModelAsked } from "./render-request.ts";

/** Characters of a token where there is nobody to count them: few, so that the conversation fits. */
const CHARACTERS_A_TOKEN = 3;

interface Asking {
  readonly asked: ModelAsked;
  readonly format: PromptFormat;
  readonly maxConversationTokens: number;
}

/** Makes a server choose that can't name tokens: the alternatives of each token it writes show what it wanted. */
export async function readByConstraint(
  client: VllmClient,
  baseUrl: string,
  { asked, format, maxConversationTokens }: Asking,
  { routes, options, conversation, isolation, signal }: QuestionParts,
): Promise<Read> {
  const cost = conversation.map(({ content }) => content.length / CHARACTERS_A_TOKEN);
  const text = format.prompt(routes, fitConversation(conversation, cost, maxConversationTokens));
  const answer = await client.complete(baseUrl, constrainedRequest(asked, { text, options, isolation }), signal);
  if (answer.kind !== "answered") return answer;
  const { usage } = answer.value;
  const tokens = usage && {
    prompt: usage.prompt_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
    completion: usage.completion_tokens ?? 0,
  };
  return { kind: "answered", value: { ...readAnswer(answer.value, options), ...(tokens && { tokens }) } };
}

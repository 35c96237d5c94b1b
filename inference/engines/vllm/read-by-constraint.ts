import { fitConversation } from "../../prompts/fit-conversation.ts";
import type { Asked, VllmClient } from "./client.ts";
import { constrainedRequest, longestAnswer } from "./constrained-request.ts";
import { isTooLong } from "./error-shapes.ts";
import { createPromptFitter } from "./fit-prompt.ts";
import type { PromptBounds, PromptsMade } from "./fit-prompt.ts";
import type { QuestionParts, Read } from "./question.ts";
import { readAnswer } from "./read-answer.ts";

/** Characters of a token where there is nobody to count them: few, so that the conversation fits. */
const CHARACTERS_A_TOKEN = 3;
/** What is left of a conversation that nobody could count and that was too long. */
const SHARE_OF_TOO_LONG = 1 / 4;

export interface ConstraintReader {
  /** What a policy set leaves of the window, by the count of a server that has `/tokenize`. */
  readonly boundsOf: (
    baseUrl: string,
    parts: Pick<QuestionParts, "routes" | "options" | "signal">,
  ) => Promise<Asked<PromptBounds>>;
  readonly readCounted: (baseUrl: string, bounds: PromptBounds, parts: QuestionParts) => Promise<Read>;
  /** By an estimate; what the server finds too long is asked once more, and is shorter then. */
  readonly readEstimated: (baseUrl: string, parts: QuestionParts) => Promise<Read>;
}

/** Makes a server choose that can't name tokens: the alternatives of each token it writes show what it wanted. */
export function createConstraintReader(client: VllmClient, made: PromptsMade): ConstraintReader {
  const { model, format, maxConversationTokens } = made;
  const prompts = createPromptFitter(client, made, format.answerPrefix);

  const choose = async (
    baseUrl: string,
    text: string,
    { options, isolation, signal }: QuestionParts,
  ): Promise<Exclude<Read, { kind: "too_long" }>> => {
    const answer = await client.complete(baseUrl, constrainedRequest(model, { text, options, isolation }), signal);
    if (answer.kind !== "answered") return answer;
    const { usage } = answer.value;
    const tokens = usage && {
      prompt: usage.prompt_tokens,
      cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
      completion: usage.completion_tokens ?? 0,
    };
    return { kind: "answered", value: { ...readAnswer(answer.value, options), ...(tokens && { tokens }) } };
  };

  return {
    boundsOf: async (baseUrl, parts) => {
      const bare = await prompts.bare(baseUrl, parts);
      if (bare.kind !== "answered") return bare;
      const { tokens, window } = bare.value;
      return { kind: "answered", value: { bare: tokens.length, answer: longestAnswer(parts.options), window } };
    },

    readCounted: async (baseUrl, bounds, parts) => {
      const prompt = await prompts.fit(baseUrl, bounds, parts);
      return prompt.kind === "answered" ? choose(baseUrl, prompt.value.text, parts) : prompt;
    },

    readEstimated: async (baseUrl, parts) => {
      const { routes, conversation } = parts;
      const cost = conversation.map(({ content }) => content.length / CHARACTERS_A_TOKEN);
      const within = (budget: number) => format.prompt(routes, fitConversation(conversation, cost, budget));
      const budget = Math.min(
        maxConversationTokens,
        cost.reduce((a, b) => a + b, 0),
      );
      const read = await choose(baseUrl, within(budget), parts);
      const tooLong = read.kind === "refused" && isTooLong(read);
      return tooLong ? choose(baseUrl, within(budget * SHARE_OF_TOO_LONG), parts) : read;
    },
  };
}

import type { Turn } from "../../contract/index.ts";
import { fitConversation } from "../../prompts/fit-conversation.ts";
import type { PromptFormat } from "../../prompts/formats.ts";
import type { Asked, Tokenized, VllmClient } from "./client.ts";
import type { QuestionParts, TooLong } from "./question.ts";
import { renderRequest } from "./render-request.ts";
import type { ModelAsked } from "./render-request.ts";
import { createTokenCounts } from "./token-counts.ts";

/** Prompts of which a conversation was trimmed are counted again; the estimate of its turns may have been too low. */
const TRIES_TO_FIT = 4;
const SHRINK = 0.85;
/** Characters of a token at most, in texts that are no noise: bounds what is counted at all. */
const CHARACTERS_A_TOKEN = 8;
/** With less than this for the conversation, the policies take too much. */
const LEAST_CONVERSATION = 32;

/** What shares the window with a conversation, in tokens of the deployment's model. */
export interface PromptBounds {
  /** Of the prompt without the conversation. */
  readonly bare: number;
  /** Most that go behind the prompt, those that the server writes included. */
  readonly answer: number;
  readonly window: number;
}

/** A prompt that leaves room for its answer. */
interface FittedPrompt {
  readonly text: string;
  readonly tokens: readonly number[];
}

export interface PromptFitter {
  /** The tokens of a prompt without a conversation, and the server's window. */
  readonly bare: (baseUrl: string, parts: Pick<QuestionParts, "routes" | "signal">) => Promise<Asked<Tokenized>>;
  /** The prompt with the conversation trimmed to what there is room for, by the server's own count. */
  readonly fit: (
    baseUrl: string,
    bounds: PromptBounds,
    parts: Omit<QuestionParts, "options">,
  ) => Promise<Asked<FittedPrompt> | TooLong>;
}

/** How a deployment's prompts are made. */
export interface PromptsMade {
  readonly model: ModelAsked;
  readonly format: PromptFormat;
  readonly maxConversationTokens: number;
}

/** `begun` is the beginning of an answer that prompts end with. */
export function createPromptFitter(
  client: VllmClient,
  { model, format, maxConversationTokens }: PromptsMade,
  begun?: string,
): PromptFitter {
  const counts = createTokenCounts(client);
  const tokensOf = (baseUrl: string, text: string, signal: AbortSignal) =>
    client.tokenize(baseUrl, renderRequest(model, text, begun), signal);

  return {
    bare: (baseUrl, { routes, signal }) => tokensOf(baseUrl, format.prompt(routes, []), signal),

    fit: async (baseUrl, { bare, answer, window }, { routes, conversation, isolation, signal }) => {
      const room = Math.min(maxConversationTokens, window - bare - answer);
      if (room < LEAST_CONVERSATION) return { kind: "too_long" };
      const atLeast = conversation.map(({ content }) => content.length / CHARACTERS_A_TOKEN);
      const near = fitConversation(conversation, atLeast, room);
      let turns: readonly Turn[] = near;
      let budget = room;
      for (let tried = 0; tried < TRIES_TO_FIT; tried += 1) {
        const text = format.prompt(routes, turns);
        const rendered = await tokensOf(baseUrl, text, signal);
        if (rendered.kind !== "answered") return rendered;
        const { tokens } = rendered.value;
        if (tokens.length <= bare + room) return { kind: "answered", value: { text, tokens } };
        const counted = await counts.of(baseUrl, near, { model: model.model, isolation, signal });
        if (counted.kind !== "answered") return counted;
        // The first rendering was of everything; how far later ones are beyond the room says how much the counts miss.
        if (tried > 0) budget *= (SHRINK * room) / (tokens.length - bare);
        turns = fitConversation(near, counted.value, budget);
      }
      return { kind: "too_long" };
    },
  };
}

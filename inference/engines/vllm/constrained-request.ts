import type { Options } from "./options.ts";
import type { ModelAsked } from "./render-request.ts";
import type { CompletionRequest } from "./wire.ts";

/** vLLM's own bound on alternatives a token, unless it was started with another. */
const TOP_LOGPROBS = 20;

interface Question {
  /** Of the user message. */
  readonly text: string;
  readonly options: Options;
  readonly isolation: string;
}

/** Asks for one option under a constraint, with the alternatives of each of its tokens. */
export function constrainedRequest(
  { model, chatTemplateKwargs }: ModelAsked,
  { text, options, isolation }: Question,
): CompletionRequest {
  return {
    model,
    messages: [
      { role: "user", content: text },
      { role: "assistant", content: options.prefix },
    ],
    add_generation_prompt: false,
    continue_final_message: true,
    structured_outputs: { choice: options.texts },
    temperature: 0,
    max_tokens: longestAnswer(options),
    logprobs: true,
    top_logprobs: TOP_LOGPROBS,
    ...(isolation === "" ? {} : { cache_salt: isolation }),
    ...(chatTemplateKwargs !== undefined && { chat_template_kwargs: chatTemplateKwargs }),
  };
}

/** In tokens: one a byte is the longest spelling of a name that a grammar can let through, and one ends the turn. */
export const longestAnswer = ({ bytes }: Options): number => Math.max(...bytes.map(({ text }) => text.length)) + 1;

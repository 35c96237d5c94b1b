import type { TokenizeChatRequest } from "./wire.ts";

/** The model of a deployment, and what its chat template is told. */
export interface ModelAsked {
  readonly model: string;
  readonly chatTemplateKwargs?: Readonly<Record<string, unknown>> | undefined;
}

/** Asks for the tokens of a whole prompt as the chat template writes it, with the beginning of an answer if given. */
export function renderRequest(
  { model, chatTemplateKwargs }: ModelAsked,
  text: string,
  answer?: string,
): TokenizeChatRequest {
  return {
    model,
    messages: [
      { role: "user", content: text },
      ...(answer === undefined ? [] : [{ role: "assistant", content: answer } as const]),
    ],
    add_generation_prompt: answer === undefined,
    continue_final_message: answer !== undefined,
    ...(chatTemplateKwargs !== undefined && { chat_template_kwargs: chatTemplateKwargs }),
  };
}

import { z } from "zod";

/** vLLM 0.32 `POST /v1/chat/completions`, the parts of the answer that are read. */
const alternativeSchema = z.object({
  token: z.string(),
  logprob: z.number(),
  /** UTF-8 of the token; a token may hold part of a character, which `token` then cannot show. */
  bytes: z.array(z.number().int().min(0).max(255)).nullish(),
});
export type Alternative = z.infer<typeof alternativeSchema>;

const stepSchema = alternativeSchema.extend({ top_logprobs: z.array(alternativeSchema).default([]) });
export type Step = z.infer<typeof stepSchema>;

export const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        logprobs: z.object({ content: z.array(stepSchema).nullish() }).nullish(),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number().nullish(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
});
export type Completion = z.infer<typeof completionSchema>;

/** What is asked of vLLM. Unknown top-level fields are ignored by it in silence, so these names must be exact. */
export interface CompletionRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
  readonly add_generation_prompt: false;
  readonly continue_final_message: true;
  readonly structured_outputs: { readonly choice: readonly string[] };
  readonly temperature: 0;
  readonly max_tokens: number;
  readonly logprobs: true;
  readonly top_logprobs: number;
  readonly cache_salt?: string;
}

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

const usageSchema = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number().nullish(),
  prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
});

export const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        logprobs: z.object({ content: z.array(stepSchema).nullish() }).nullish(),
      }),
    )
    .min(1),
  usage: usageSchema.nullish(),
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
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>>;
}

/** vLLM `POST /tokenize`. */
export const tokenizedSchema = z.object({
  tokens: z.array(z.number().int().min(0)),
  /** The server's context window. */
  max_model_len: z.number().int().min(1),
});

/** What vLLM takes in one `logprob_token_ids`. */
export const TOKENS_A_REQUEST = 128;

/** `POST /v1/completions` asked for the log-probabilities of chosen tokens at the next positions of each prompt. */
export const nextTokensSchema = z.object({
  choices: z
    .array(
      z.object({
        index: z.number().int().min(0),
        /** Null from a server that has none to show, or shows them in another way. */
        logprobs: z
          .object({
            /** What was written, by `tokenName`. */
            tokens: z.array(z.string()).default([]),
            top_logprobs: z.array(z.record(z.string(), z.number())).min(1),
          })
          .nullable()
          .catch(null),
      }),
    )
    .min(1),
  usage: usageSchema.nullish(),
});
export type NextTokens = z.infer<typeof nextTokensSchema>;

/** How a token is named in an answer to `return_tokens_as_token_ids`. */
export const tokenName = (token: number): string => `token_id:${String(token)}`;

/** The token of such a name; undefined for anything else. */
export const tokenOf = (name: string): number | undefined => {
  const [, digits] = /^token_id:(\d+)$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
};

export interface TokenizeChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
  readonly add_generation_prompt: boolean;
  readonly continue_final_message: boolean;
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>>;
}

export interface TokenizeTextRequest {
  readonly model: string;
  readonly prompt: string;
  readonly add_special_tokens: false;
}

export interface NextTokensRequest {
  readonly model: string;
  readonly prompt: readonly (readonly number[])[];
  readonly max_tokens: number;
  readonly stop_token_ids?: readonly number[];
  readonly temperature: 0;
  /** Must be there, and is ignored beside `logprob_token_ids`. */
  readonly logprobs: 1;
  readonly logprob_token_ids: readonly number[];
  readonly return_tokens_as_token_ids: true;
  readonly cache_salt?: string;
}

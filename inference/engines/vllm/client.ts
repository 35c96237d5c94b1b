import type { z } from "zod";
import type { Deps } from "../../deps.ts";
import { at, getText, parseJson, postJson } from "../fleet/post-json.ts";
import { readRefusal } from "./error-shapes.ts";
import type { UpstreamRefusal } from "./error-shapes.ts";
import { completionSchema, nextTokensSchema, tokenizedSchema } from "./wire.ts";
import type {
  Completion,
  CompletionRequest,
  NextTokens,
  NextTokensRequest,
  TokenizeChatRequest,
  TokenizeTextRequest,
} from "./wire.ts";

export type Asked<T> =
  | { readonly kind: "answered"; readonly value: T }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly refusal: UpstreamRefusal;
      readonly retryAfter: number;
    }
  /** An answer that is not the wire's; `isJson`: it may well be that of another one. */
  | { readonly kind: "garbled"; readonly isJson: boolean }
  /** No connection, or a connection cut. */
  | { readonly kind: "unreachable" };

export interface Tokenized {
  readonly tokens: readonly number[];
  readonly window: number;
}

/** One question to one server each. When `signal` aborts, the connection is closed, which frees the server's slot. */
export interface VllmClient {
  readonly complete: (baseUrl: string, request: CompletionRequest, signal: AbortSignal) => Promise<Asked<Completion>>;
  readonly readNext: (baseUrl: string, request: NextTokensRequest, signal: AbortSignal) => Promise<Asked<NextTokens>>;
  readonly tokenize: (
    baseUrl: string,
    request: TokenizeChatRequest | TokenizeTextRequest,
    signal: AbortSignal,
  ) => Promise<Asked<Tokenized>>;
  /** Whether the server says that it serves. */
  readonly healthy: (baseUrl: string, signal: AbortSignal) => Promise<boolean>;
}

/** Speaks vLLM's wire. */
export function createVllmClient({ fetch }: Pick<Deps, "fetch">, apiKey: string | undefined): VllmClient {
  const post =
    <Value>(path: string, schema: z.ZodType<Value>) =>
    async (baseUrl: string, request: object, signal: AbortSignal): Promise<Asked<Value>> => {
      const posted = await postJson({ fetch }, at(baseUrl, path), { body: JSON.stringify(request), apiKey, signal });
      if (posted === null) return { kind: "unreachable" };
      const { status, retryAfterSeconds: retryAfter, body } = posted;
      if (status !== 200) return { kind: "refused", status, refusal: readRefusal(body), retryAfter };
      const answer = parseJson(body);
      const parsed = schema.safeParse(answer);
      return parsed.success ? { kind: "answered", value: parsed.data } : { kind: "garbled", isJson: answer !== null };
    };

  return {
    complete: post("/v1/chat/completions", completionSchema),
    readNext: post("/v1/completions", nextTokensSchema),
    tokenize: post(
      "/tokenize",
      tokenizedSchema.transform(({ tokens, max_model_len: window }) => ({ tokens, window })),
    ),
    healthy: async (baseUrl, signal) => (await getText({ fetch }, at(baseUrl, "/health"), signal))?.status === 200,
  };
}

import type { z } from "zod";
import type { Deps } from "../../deps.ts";
import { parseJson } from "../fleet/post-json.ts";
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

/** A distribution over some hundred names, or the tokens of one prompt; a server that sends more than this is broken. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export type Asked<T> =
  | { readonly kind: "answered"; readonly value: T }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly refusal: UpstreamRefusal;
      readonly retryAfter: number;
    }
  /** An answer that is not the wire's. */
  | { readonly kind: "garbled" }
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

/** Speaks vLLM's wire. Never follows a redirect: the request bears the deployment's key. */
export function createVllmClient({ fetch }: Pick<Deps, "fetch">, apiKey: string | undefined): VllmClient {
  const authorization: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };

  const post =
    <Value>(path: string, schema: z.ZodType<Value>) =>
    async (baseUrl: string, request: object, signal: AbortSignal): Promise<Asked<Value>> => {
      try {
        const response = await fetch(address(baseUrl, path), {
          method: "POST",
          headers: { "content-type": "application/json", ...authorization },
          body: JSON.stringify(request),
          redirect: "manual",
          signal,
        });
        const body = await readBounded(response);
        if (response.status !== 200) {
          const retryAfter = Math.max(1, Math.ceil(Number(response.headers.get("retry-after")) || 1));
          return { kind: "refused", status: response.status, refusal: readRefusal(body), retryAfter };
        }
        const parsed = schema.safeParse(parseJson(body));
        return parsed.success ? { kind: "answered", value: parsed.data } : { kind: "garbled" };
      } catch {
        return { kind: "unreachable" };
      }
    };

  return {
    complete: post("/v1/chat/completions", completionSchema),
    readNext: post("/v1/completions", nextTokensSchema),
    tokenize: post(
      "/tokenize",
      tokenizedSchema.transform(({ tokens, max_model_len: window }) => ({ tokens, window })),
    ),
    healthy: async (baseUrl, signal) => {
      try {
        const response = await fetch(address(baseUrl, "/health"), { redirect: "manual", signal });
        await response.body?.cancel();
        return response.status === 200;
      } catch {
        return false;
      }
    },
  };
}

const address = (baseUrl: string, path: string): string => baseUrl.replace(/\/+$/, "") + path;

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > MAX_ANSWER_BYTES) throw new RangeError("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}

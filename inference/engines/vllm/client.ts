import type { Deps } from "../../deps.ts";
import { readRefusal } from "./error-shapes.ts";
import type { UpstreamRefusal } from "./error-shapes.ts";
import { completionSchema } from "./wire.ts";
import type { Completion, CompletionRequest } from "./wire.ts";

/** A router model's answer is a policy's name with log-probabilities; a server that sends more than this is broken. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export type Asked =
  | { readonly kind: "answered"; readonly completion: Completion }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly refusal: UpstreamRefusal;
      readonly retryAfter: number;
    }
  /** No connection, a connection cut, or an answer that is not the wire's. */
  | { readonly kind: "unreachable" };

export interface VllmClient {
  /** Asks one server once. When `signal` aborts, the connection is closed, which frees the server's slot. */
  readonly ask: (baseUrl: string, request: CompletionRequest, signal: AbortSignal) => Promise<Asked>;
  /** Whether the server says that it serves. */
  readonly healthy: (baseUrl: string, signal: AbortSignal) => Promise<boolean>;
}

/** Speaks vLLM's OpenAI-compatible wire. Never follows a redirect: the request bears the deployment's key. */
export function createVllmClient({ fetch }: Pick<Deps, "fetch">, apiKey: string | undefined): VllmClient {
  const authorization: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return {
    ask: async (baseUrl, request, signal) => {
      try {
        const response = await fetch(address(baseUrl, "/v1/chat/completions"), {
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
        const parsed = completionSchema.safeParse(JSON.parse(body));
        return parsed.success ? { kind: "answered", completion: parsed.data } : { kind: "unreachable" };
      } catch {
        return { kind: "unreachable" };
      }
    },
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

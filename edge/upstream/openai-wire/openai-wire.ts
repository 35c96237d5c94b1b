import type { Network, ProviderAdapter, UpstreamCall } from "../adapter.ts";

/** What of an endpoint that speaks OpenAI's chat completions below its base URL is its own. */
interface Endpoint {
  /** Taken when a provider names no address. */
  readonly defaultBaseUrl?: string;
  /** The header that carries a credential; `authorization: Bearer …` when absent. */
  readonly credentialHeader?: (credential: string) => readonly [name: string, value: string];
  /** Puts the endpoint's answer into OpenAI's terms, where its own are others. */
  readonly inOpenAiTerms?: (answer: Response) => Promise<Response>;
}

/** The adapter of an endpoint that speaks OpenAI's chat completions, with or without a credential. */
export function openaiWire({
  defaultBaseUrl,
  credentialHeader = bearer,
  inOpenAiTerms = asItIs,
}: Endpoint = {}): ProviderAdapter {
  return {
    needsBaseUrl: true,
    defaultBaseUrl: defaultBaseUrl ?? null,
    exchange: async (call: UpstreamCall, network: Network, signal: AbortSignal) => {
      const headers: Record<string, string> = { ...call.headers };
      if (call.credential !== null) {
        const [name, value] = credentialHeader(call.credential);
        headers[name] = value;
      }
      const url = chatCompletionsUrl(call.baseUrl ?? "");
      const init: RequestInit = { method: "POST", headers, body: call.body, redirect: "manual", signal };
      return inOpenAiTerms(await network(url, init));
    },
  };
}

const bearer = (credential: string) => ["authorization", `Bearer ${credential}`] as const;

const asItIs = (answer: Response): Promise<Response> => Promise.resolve(answer);

/** `https://host/v1/?key=value` → `https://host/v1/chat/completions?key=value`. */
function chatCompletionsUrl(baseUrl: string): string {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url.href;
}

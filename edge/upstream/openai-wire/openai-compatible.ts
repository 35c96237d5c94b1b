import type { Network, ProviderAdapter, UpstreamCall } from "../adapter.ts";

/** Any server that speaks OpenAI's chat completions below its base URL, with or without a bearer credential. */
export const openaiCompatible: ProviderAdapter = {
  needsBaseUrl: true,
  exchange: async (call: UpstreamCall, network: Network, signal: AbortSignal) => {
    const headers: Record<string, string> = { ...call.headers };
    if (call.credential !== null) headers["authorization"] = `Bearer ${call.credential}`;
    const url = chatCompletionsUrl(call.baseUrl ?? "");
    return network(url, { method: "POST", headers, body: call.body, redirect: "manual", signal });
  },
};

/** `https://host/v1/?key=value` → `https://host/v1/chat/completions?key=value`. */
export function chatCompletionsUrl(baseUrl: string): string {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url.href;
}

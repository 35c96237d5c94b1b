/** What a provider is asked, before it is put into the provider's own form. */
export interface UpstreamCall {
  /** The provider's address; null for providers that have none. Already passed `checkBaseUrl`. */
  readonly baseUrl: string | null;
  /** The tenant's credential in clear text; null when the provider needs none. */
  readonly credential: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** An OpenAI chat-completions request as JSON text. */
  readonly body: string;
  /** Unique to this call. */
  readonly callId: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Sends a request somewhere; `fetch` of the deps, or its like. */
export type Network = (url: string, init: RequestInit) => Promise<Response>;

/**
 * All that differs between kinds of provider. `exchange` makes one call: it must use `network` for anything outside
 * the process, never follow a redirect, and end when `signal` aborts.
 */
export interface ProviderAdapter {
  readonly needsBaseUrl: boolean;
  /** The vendor's own address, taken when a provider names none; null when there is no such address. */
  readonly defaultBaseUrl: string | null;
  readonly exchange: (call: UpstreamCall, network: Network, signal: AbortSignal) => Promise<Response>;
}

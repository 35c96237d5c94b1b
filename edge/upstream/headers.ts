import { HOP_HEADER, nextHop } from "./hop.ts";

/** What of the client's headers an upstream may see. Never its credentials, cookies or address. */
const REQUEST_HEADERS = ["accept", "idempotency-key", "openai-beta", "traceparent", "tracestate"];

/** What of an upstream's headers the client may see. */
const RESPONSE_HEADERS = new Set(["content-type", "retry-after", "retry-after-ms"]);
const RESPONSE_PREFIXES = ["openai-", "x-ratelimit-"];
/** They name whose account at the provider is used, which is no client's business. */
const OF_THE_ACCOUNT = new Set(["openai-organization", "openai-project"]);

/** Headers as a plain object: each call into the runtime's own costs, and a request would make dozens. */
export type PlainHeaders = Readonly<Record<string, string>>;

/** Headers of an upstream call, before the provider adds its credential. `ownId` is `deploymentId`'s. */
export function upstreamRequestHeaders(client: Headers, ownId: string, stream: boolean): PlainHeaders {
  const headers: Record<string, string> = {
    accept: stream ? "text/event-stream" : "application/json",
    // Compressed streams reach the client in lumps, and the bytes would have to be unpacked here.
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "signalbox",
    [HOP_HEADER]: nextHop(client.get(HOP_HEADER), ownId),
  };
  for (const name of REQUEST_HEADERS) {
    const value = client.get(name);
    if (value !== null) headers[name] = value;
  }
  return headers;
}

/**
 * The client's headers without what tells its request from others: a provider, or a trace, must not take a copy of the
 * request for the request.
 */
export function headersOfCopy(client: Headers): Headers {
  const headers = new Headers(client);
  for (const name of ["idempotency-key", "traceparent", "tracestate"]) headers.delete(name);
  return headers;
}

/** What the client may see of the headers of an upstream's answer. */
export function clientResponseHeaders(upstream: Headers): PlainHeaders {
  const headers: Record<string, string> = {};
  for (const [name, value] of upstream) {
    const shown = RESPONSE_HEADERS.has(name) || RESPONSE_PREFIXES.some((prefix) => name.startsWith(prefix));
    if (shown && !OF_THE_ACCOUNT.has(name)) headers[name] = value;
  }
  return headers;
}

import type { Sleep } from "../sleep.ts";
import { readBounded } from "../upstream/read-bounded.ts";
import { parseRetryAfter } from "../upstream/retry-policy.ts";
import { within } from "../within.ts";
import { readFields } from "./protobuf.ts";

/** Where an operator has telemetry sent: a base address, and headers such as a credential. */
export interface Collector {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SendDeps {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** What became of a request: taken but for some, to be sent again after a while, or refused for good. */
export type Sent =
  | { readonly kind: "taken"; readonly rejected: number }
  | { readonly kind: "later"; readonly reason: string; readonly afterMs: number | null }
  | { readonly kind: "refused"; readonly reason: string };

const SEND_LIMIT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** The statuses that OTLP/HTTP has sent again; all others of an error must not be. */
const RETRYABLE = [429, 502, 503, 504];

/** Posts a request of OTLP/HTTP in protobuf to a collector. Never rejects; no reason holds what was sent or answered. */
export async function send(
  deps: SendDeps,
  { endpoint, headers }: Collector,
  signal: "traces" | "logs",
  body: Uint8Array,
): Promise<Sent> {
  const url = `${endpoint.replace(/\/+$/, "")}/v1/${signal}`;
  const exchange = async (abort: AbortSignal): Promise<Sent> => {
    const response = await deps.fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/x-protobuf" },
      body,
      redirect: "manual",
      signal: abort,
    });
    const answer = await readBounded(response.body, MAX_ANSWER_BYTES);
    if (response.ok) return { kind: "taken", rejected: answer === null ? 0 : rejectedBy(response, answer) };
    const reason = `status ${String(response.status)}`;
    if (!RETRYABLE.includes(response.status)) return { kind: "refused", reason };
    return { kind: "later", reason, afterMs: parseRetryAfter(response.headers, deps.now()) };
  };
  try {
    const sent = await within(deps.sleep, SEND_LIMIT_MS, exchange);
    return sent === "late" ? { kind: "later", reason: "timeout", afterMs: null } : sent;
  } catch {
    return { kind: "later", reason: "unreachable", afterMs: null };
  }
}

/** `partial_success.rejected_spans` or `rejected_log_records`: both have the same place. */
function rejectedBy(response: Response, answer: Uint8Array): number {
  if (response.headers.get("content-type")?.startsWith("application/x-protobuf") !== true) return 0;
  const partial = readFields(answer)?.get(1);
  const rejected = partial instanceof Uint8Array ? readFields(partial)?.get(1) : undefined;
  return typeof rejected === "number" ? rejected : 0;
}

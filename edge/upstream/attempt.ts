import type { Sleep } from "../sleep.ts";
import { decodeUtf8 } from "../utf8.ts";
import type { Network, ProviderAdapter, UpstreamCall } from "./adapter.ts";
import { Connecting, type Dial } from "./connecting.ts";
import { isAboutModel, readFault } from "./fault.ts";
import { parseObject } from "./meter.ts";
import { readBounded } from "./read-bounded.ts";
import { isRetryableStatus, parseRetryAfter, type UpstreamFailure } from "./retry-policy.ts";
import type { Timeouts } from "./timeouts.ts";
import { Watchdog } from "./watchdog.ts";

/** Bytes of an answer that is not streamed; it has to be held to be checked. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Bytes of a refusal that is read for its reason. */
const MAX_FAULT_BYTES = 64 * 1024;

/** What kind of answer is wanted, how soon, how large one that is not streamed may be, and who wants to know. */
export interface Expected {
  readonly stream: boolean;
  readonly timeouts: Timeouts;
  readonly maxAnswerBytes?: number;
  /** Told when the call is made, which a client that has left prevents. */
  readonly onCall?: () => void;
}

export interface AttemptDeps {
  readonly fetch: Network;
  readonly dial: Dial;
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** An upstream stream after its first chunk, with what is needed to go on reading, and to stop. */
export interface OpenStream {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly first: Uint8Array;
  readonly watchdog: Watchdog;
  readonly idleMs: number;
  /** Ends the call; the provider sees its connection closed. */
  readonly cancel: () => void;
}

export type AttemptResult =
  | { readonly kind: "stream"; readonly headers: Headers; readonly stream: OpenStream }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Headers;
      readonly body: Uint8Array;
      /** The body as JSON; null where it is no object. */
      readonly content: Record<string, unknown> | null;
    }
  | { readonly kind: "failed"; readonly failure: UpstreamFailure }
  /** The client is gone. */
  | { readonly kind: "aborted" };

/** One call to one provider, up to the first byte of a stream or the last byte of any other answer. */
export async function attempt(
  deps: AttemptDeps,
  adapter: ProviderAdapter,
  call: UpstreamCall,
  { stream, timeouts, maxAnswerBytes = MAX_ANSWER_BYTES, onCall }: Expected,
  client: AbortSignal,
): Promise<AttemptResult> {
  const isGone = (): boolean => client.aborted;
  if (isGone()) return { kind: "aborted" };
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  const watchdog = new Watchdog(deps, timeouts.totalMs, cancel);
  client.addEventListener("abort", cancel);
  const reading: Reading = { deps, stream, timeouts, maxAnswerBytes, watchdog, cancel, begun: false };
  const connecting = new Connecting(deps, call.baseUrl, timeouts.connectMs, cancel);
  let result: AttemptResult;
  try {
    watchdog.watch(timeouts.firstByteMs, connecting);
    onCall?.();
    const response = await adapter.exchange(call, deps.fetch, controller.signal);
    connecting.over();
    result = await readAnswer(response, reading);
  } catch {
    if (connecting.failed) result = failed({ kind: "connect" });
    else if (watchdog.expired) result = failed({ kind: "timeout", begun: reading.begun });
    else result = failed({ kind: reading.begun ? "malformed" : "connect" });
  }
  connecting.over();
  client.removeEventListener("abort", cancel);
  if (result.kind !== "stream" || isGone()) watchdog.close();
  return isGone() ? { kind: "aborted" } : result;
}

interface Reading {
  readonly deps: AttemptDeps;
  readonly watchdog: Watchdog;
  readonly timeouts: Timeouts;
  /** Whether a stream was asked for: nobody who did not ask could read one. */
  readonly stream: boolean;
  readonly maxAnswerBytes: number;
  readonly cancel: () => void;
  /** Whether part of the answer has arrived. */
  begun: boolean;
}

async function readAnswer(response: Response, reading: Reading): Promise<AttemptResult> {
  const failure = failureOf(response, reading.deps.now());
  if (failure !== null) {
    if (response.status === 403) return failed({ kind: "credential", modelDenied: await deniesModel(response) });
    await response.body?.cancel();
    return failed(failure);
  }
  const { headers } = response;
  if (response.ok && reading.stream && isEventStream(headers)) return openStream(response, reading);
  const body = await readBounded(response.body, reading.maxAnswerBytes, () => {
    reading.begun = true;
    reading.watchdog.watch(reading.timeouts.idleMs);
  });
  if (body === null) return failed({ kind: "oversized" });
  const content = parseObject(decodeUtf8(body));
  if (response.ok && content === null) return failed({ kind: "malformed" });
  return { kind: "answer", status: response.status, headers, body, content };
}

/** Some providers forbid a model with the status that others keep for a credential. */
async function deniesModel(response: Response): Promise<boolean> {
  const body = await readBounded(response.body, MAX_FAULT_BYTES).catch(() => null);
  return body !== null && isAboutModel(readFault(body));
}

async function openStream(response: Response, reading: Reading): Promise<AttemptResult> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  if (body === null) return failed({ kind: "connect" });
  const reader = body.getReader();
  const { done, value } = await reader.read();
  // A stream that ends before its first byte has given the client nothing: it may be asked for again.
  if (done) return failed({ kind: "connect" });
  const { watchdog, timeouts, cancel } = reading;
  watchdog.rest();
  const stream = { reader, first: value, watchdog, idleMs: timeouts.idleMs, cancel };
  return { kind: "stream", headers: response.headers, stream };
}

function failureOf(response: Response, nowMs: number): UpstreamFailure | null {
  const { status, headers } = response;
  if (status === 0 || (status >= 300 && status < 400)) return { kind: "redirect" };
  if (status === 401 || status === 403) return { kind: "credential" };
  if (status === 508) return { kind: "loop" };
  if (!isRetryableStatus(status)) return null;
  const mayRetry = headers.get("x-should-retry") !== "false";
  return { kind: "status", status, retryAfterMs: parseRetryAfter(headers, nowMs), mayRetry };
}

const failed = (failure: UpstreamFailure): AttemptResult => ({ kind: "failed", failure });

const isEventStream = (headers: Headers): boolean =>
  headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true;

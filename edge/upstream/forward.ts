import type { Refusal } from "../errors.ts";
import type { Candidate } from "../routing/target.ts";
import type { Model, Provider } from "../tenancy/snapshot.ts";
import { askCandidate, type AskDeps } from "./ask-candidate.ts";
import type { AttemptResult } from "./attempt.ts";
import { failureRefusal } from "./failure-refusal.ts";
import { clientResponseHeaders, type PlainHeaders } from "./headers.ts";
import type { Members } from "./json-members.ts";
import { meterOf, type Meter } from "./meter.ts";
import { Relay, type RelayOptions, type StreamEnd } from "./relay.ts";
import { upstreamBody } from "./request-body.ts";
import { nextStep, type UpstreamFailure } from "./retry-policy.ts";
import { requestLimitMs, timeoutsOf, type Timeouts } from "./timeouts.ts";

/** How long after a request's first call the same candidate may be tried again, waits included. */
const RETRY_BUDGET_MS = 10_000;

export interface ForwardDeps extends AskDeps {
  /** Number in 0..1. */
  readonly random: () => number;
}

export interface ForwardRequest extends RelayOptions {
  /** In the order they are to be tried; at least one. */
  readonly candidates: readonly Candidate[];
  readonly providers: ReadonlyMap<string, Provider>;
  /** The credential in clear text, null when the provider has none. Throws when it cannot be opened. */
  readonly openCredential: (provider: Provider) => Promise<string | null>;
  readonly members: Members;
  readonly stream: boolean;
  readonly headers: Headers;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Unique to this request. */
  readonly callId: string;
}

/** The candidate that answered, or the last that was asked, and how many calls were made in all. */
interface Tried {
  readonly candidate: Candidate;
  readonly attempts: number;
}

export type Forwarded = Tried &
  (
    | {
        readonly kind: "stream";
        readonly headers: PlainHeaders;
        readonly body: ReadableStream<Uint8Array>;
        readonly ended: Promise<StreamEnd>;
        /** Keeps the end of the answer from the client until the promise is settled. */
        readonly holdEnd: (settled: Promise<unknown>) => void;
      }
    | {
        readonly kind: "answer";
        readonly status: number;
        readonly headers: PlainHeaders;
        readonly body: Uint8Array;
        readonly meter: Meter;
      }
    | { readonly kind: "refused"; readonly refusal: Refusal }
    | { readonly kind: "aborted" }
  );

/** Asks the candidates in turn, each again where that can help, until one answers or nothing is left to try. */
export async function forward(deps: ForwardDeps, request: ForwardRequest): Promise<Forwarded> {
  const began = deps.now();
  const endsAt = began + requestLimitMs(request.candidates.map(({ model }) => model));
  let attempts = 0;
  const onCall = (): void => {
    attempts += 1;
  };
  let last: (Tried & { failure: UpstreamFailure }) | null = null;
  for (const candidate of request.candidates) {
    for (let attemptOfCandidate = 1; ; attemptOfCandidate += 1) {
      const leftMs = endsAt - deps.now();
      if (leftMs <= 0 && last !== null) return refused(last);
      const result = await ask(deps, request, candidate, { leftMs, onCall });
      if (result.kind === "aborted") return { kind: "aborted", candidate, attempts };
      if (result.kind !== "failed") return { ...answered(result, request), candidate, attempts };
      last = { candidate, attempts, failure: result.failure };
      const state = { attempt: attemptOfCandidate, elapsedMs: deps.now() - began, budgetMs: RETRY_BUDGET_MS };
      const next = nextStep(result.failure, { ...state, random: deps.random() });
      if (next.step === "stop") return refused(last);
      if (next.step === "next") break;
      await deps.sleep(next.waitMs, request.signal);
    }
  }
  if (last === null) throw new Error("a request needs a candidate to be forwarded to");
  return refused(last);
}

const refused = ({ candidate, attempts, failure }: Tried & { failure: UpstreamFailure }): Forwarded => ({
  kind: "refused",
  refusal: failureRefusal(failure),
  candidate,
  attempts,
});

type Answered = Extract<AttemptResult, { kind: "stream" | "answer" }>;

function answered(result: Answered, request: ForwardRequest) {
  const headers = clientResponseHeaders(result.headers);
  if (result.kind === "answer") {
    const { status, body, content } = result;
    return { kind: "answer" as const, status, headers, body, meter: meterOf(content, request.keptCharacters) };
  }
  const relay = new Relay(result.stream, request);
  if (request.signal.aborted) relay.abort();
  else request.signal.addEventListener("abort", () => relay.abort());
  const holdEnd = (settled: Promise<unknown>): void => relay.holdEnd(settled);
  return { kind: "stream" as const, headers, body: relay.body, ended: relay.ended, holdEnd };
}

interface Asking {
  /** Milliseconds that the request has for an answer to begin. */
  readonly leftMs: number;
  /** Told when the call is made. */
  readonly onCall: () => void;
}

function ask(
  deps: ForwardDeps,
  request: ForwardRequest,
  { model, target }: Candidate,
  { leftMs, onCall }: Asking,
): Promise<AttemptResult> {
  const { providers, openCredential, headers, signal, callId, stream } = request;
  const body = upstreamBody(request.members, target, model.upstream_model, stream);
  const question = { model, providers, openCredential, headers, signal, callId, stream, body, onCall };
  return askCandidate(deps, { ...question, timeouts: timeoutsWithin(leftMs, model, stream) });
}

/** A stream has begun with its first byte; any other answer only when it is there. */
function timeoutsWithin(leftMs: number, model: Model, stream: boolean): Timeouts {
  const timeouts = timeoutsOf(model);
  const totalMs = stream ? timeouts.totalMs : Math.min(timeouts.totalMs, leftMs);
  return { ...timeouts, firstByteMs: Math.min(timeouts.firstByteMs, leftMs), totalMs };
}

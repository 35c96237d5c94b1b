import { ERRORS, type Refusal } from "../errors.ts";
import { requestNeeds } from "../routing/needs.ts";
import type { Meter } from "../upstream/meter.ts";
import type { StreamEnd } from "../upstream/relay.ts";
import type { TokenUsage } from "../upstream/usage.ts";
import type { ChatBody } from "./chat-body.schema.ts";
import type { RequestEnd } from "./decision-row.ts";

const STREAM_ERRORS = {
  completed: null,
  aborted: null,
  failed: "provider_error",
  interrupted: "upstream_stream_interrupted",
} as const;

/** The part of an end that says that no model was asked. */
export const nothingServed = {
  candidate: null,
  attempts: 0,
  upstreamMs: null,
  firstByteMs: null,
  finishReason: null,
  usage: null,
};

export const ended = (status: RequestEnd["status"], httpStatus: number) => ({ status, httpStatus, errorCode: null });

export const refusalEnd = (status: RequestEnd["status"], { code }: Refusal) => ({
  status,
  httpStatus: ERRORS[code].status,
  errorCode: code,
});

/** How an answer that came whole ended. */
export function answerEnd(status: number, meter: Meter, inputTokens: () => number) {
  if (status >= 400) {
    return { ...ended("failed", status), errorCode: "upstream_rejected" as const, finishReason: null, usage: null };
  }
  const outcome = meter.failed
    ? { ...ended("failed", status), errorCode: "provider_error" as const }
    : ended("completed", status);
  return { ...outcome, ...metered(meter, inputTokens) };
}

/** How a stream ended. */
export const streamEnd = ({ ending, meter }: StreamEnd, inputTokens: () => number) => ({
  ...ended(ending, 200),
  ...metered(meter, inputTokens),
  errorCode: STREAM_ERRORS[ending],
});

/**
 * Tokens a request is taken to say; what it may answer with is no part of that. A function, because every character is
 * looked at, and most providers count for themselves.
 */
export const inputTokensOf =
  (body: ChatBody): (() => number) =>
  () =>
    requestNeeds({ ...body, max_tokens: null, max_completion_tokens: null }).tokens;

const metered = (
  meter: Meter,
  inputTokens: () => number,
): { finishReason: string | null; usage: TokenUsage; answer: string } => ({
  finishReason: meter.finishReason,
  usage: meter.consumed(inputTokens),
  answer: meter.keptText,
});

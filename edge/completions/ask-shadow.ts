import type { Candidate } from "../routing/target.ts";
import { askCandidate, type AskDeps, type Question } from "../upstream/ask-candidate.ts";
import type { OpenStream } from "../upstream/attempt.ts";
import { failureRefusal } from "../upstream/failure-refusal.ts";
import { meterOf } from "../upstream/meter.ts";
import { Relay, type StreamEnd } from "../upstream/relay.ts";
import { estimateUsage } from "../upstream/usage.ts";
import type { RequestEnd } from "./decision-row.ts";
import type { NotBegun } from "./prepare-shadow.ts";
import { answerEnd, ended, refusalEnd, streamEnd } from "./request-ends.ts";
import type { CutReason, ShadowCut } from "./shadow-cut.ts";

/** Bytes of an answer that is not streamed; it is only looked at. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Bytes of text a token has at most, but for odd ones: a provider that does not heed the cap is stopped at that. */
const MAX_BYTES_PER_TOKEN = 8;
/** What providers call it when an answer is as long as it may be. */
const CAP_REACHED = new Set<string | null>(["length", "max_tokens"]);

export interface ShadowQuestion {
  readonly candidate: Candidate;
  readonly call: Omit<Question, "model" | "signal" | "maxAnswerBytes">;
  readonly choices: number;
  readonly maxOutputTokens: number;
  /** Whether the copy may say less than its request may. */
  readonly capped: boolean;
  readonly inputTokens: number;
  /** When the request came in, in milliseconds. */
  readonly startedAt: number;
}

export type ShadowEnd = Omit<RequestEnd, "kind" | "requestedModel" | "stream" | "endedAt">;

/** How a copy ended that says nothing about its candidate. */
export const censored = (reason: CutReason | NotBegun | "answer_too_large") => ({
  ...ended("censored", 0),
  errorCode: reason,
});

/** Asks a copy's candidate once, reads its answer away and says what it took. */
export async function askShadow(deps: AskDeps, question: ShadowQuestion, cut: ShadowCut): Promise<ShadowEnd> {
  const { candidate, call, inputTokens, capped } = question;
  const { model } = candidate;
  const began = deps.now();
  let attempts = 0;
  const onCall = (): void => {
    attempts += 1;
  };
  const asked = { ...call, model, signal: cut.signal, maxAnswerBytes: MAX_ANSWER_BYTES, onCall };
  const result = await askCandidate(deps, asked);
  const upstreamMs = deps.now() - began;
  const served = { candidate, attempts, upstreamMs, firstByteMs: began - question.startedAt + upstreamMs };
  // Sent, and paid for, as far as anybody knows.
  const unread = (bytes: number) => ({ finishReason: null, usage: estimateUsage(inputTokens, bytes) });
  switch (result.kind) {
    case "aborted":
      return { ...served, firstByteMs: null, ...censored(cut.reason ?? "deadline"), ...unread(0) };
    case "failed":
      if (result.failure.kind === "oversized") {
        return { ...served, ...censored("answer_too_large"), ...unread(MAX_ANSWER_BYTES) };
      }
      return { ...served, ...refusalEnd("failed", failureRefusal(result.failure)), finishReason: null, usage: null };
    case "answer":
      return capSeen({ ...served, ...answerEnd(result.status, meterOf(result.content), () => inputTokens) }, capped);
    case "stream": {
      const end = streamEnd(await readAway(result.stream, question, cut), () => inputTokens);
      if (end.status === "aborted") return { ...served, ...end, ...censored(cut.reason ?? "deadline") };
      return capSeen({ ...served, ...end }, capped);
    }
  }
}

/** An answer that the cap ended is as long as the cap, not as the candidate would have made it. */
function capSeen(end: ShadowEnd, capped: boolean): ShadowEnd {
  if (!capped || end.status !== "completed" || !CAP_REACHED.has(end.finishReason)) return end;
  return { ...end, ...censored("output_cap"), httpStatus: end.httpStatus };
}

async function readAway(stream: OpenStream, question: ShadowQuestion, cut: ShadowCut): Promise<StreamEnd> {
  const relay = new Relay(stream, { keepUsageChunk: true, choices: question.choices });
  if (cut.signal.aborted) relay.abort();
  else cut.signal.addEventListener("abort", () => relay.abort());
  const reader = relay.body.getReader();
  const mostBytes = question.maxOutputTokens * MAX_BYTES_PER_TOKEN;
  while (!(await reader.read()).done) if (relay.textBytes > mostBytes) cut.cut("output_cap");
  return relay.ended;
}

import type { Deps } from "../deps.ts";
import { ok, type Refusal, type Result } from "../errors.ts";
import type { Principal } from "../tenancy/snapshot.ts";
import { forward } from "../upstream/forward.ts";
import type { PlainHeaders } from "../upstream/headers.ts";
import { beginShadow } from "./begin-shadow.ts";
import type { ChatBody, Received } from "./chat-body.schema.ts";
import { openCredential } from "./open-credential.ts";
import { planRequest } from "./plan.ts";
import { receiptOf } from "./receipt-of.ts";
import { keptAnswer } from "./record-conversation.ts";
import { recordDecision, type RecordedEnd } from "./record-decision.ts";
import type { RequestContext } from "./request-context.ts";
import { answerEnd, ended, inputTokensOf, nothingServed, refusalEnd, streamEnd } from "./request-ends.ts";

/** An answer to be sent as it is; the body of a stream is read at the client's pace. */
export interface Completion {
  readonly status: number;
  readonly headers: PlainHeaders;
  readonly body: ReadableStream<Uint8Array> | Uint8Array | null;
}

/** What clients that went away before the answer are logged with; nobody reads it. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * Serves a chat completion: decides, forwards, and leaves one decision row when the answer has ended. Every answer and
 * refusal that comes after the decision carries the receipt.
 */
export function complete(
  deps: Deps,
  principal: Principal,
  received: Received<ChatBody>,
  context: RequestContext,
): Promise<Result<Completion>> {
  const served = serve(deps, principal, received, context);
  // When its client goes away, the runtime ends what it has not been told of: the receipt would be lost with the request.
  context.waitUntil(served.catch(() => undefined));
  return served;
}

async function serve(
  deps: Deps,
  principal: Principal,
  received: Received<ChatBody>,
  context: RequestContext,
): Promise<Result<Completion>> {
  const { body, members } = received;
  const planned = await planRequest(deps, principal, body, context);
  if (!planned.ok) return planned;
  const plan = planned.value;
  const stream = body.stream === true;
  const base = { kind: "completion", requestedModel: body.model, stream } as const;
  const record = (end: Omit<RecordedEnd, keyof typeof base>): Promise<void> =>
    recordDecision(deps, principal, context, plan, body, { ...base, ...end });

  if (!plan.candidates.ok) {
    const { refusal } = plan.candidates;
    await record({ ...nothingServed, ...refusalEnd("refused", refusal) });
    return withReceipt(refusal, receiptOf(context, plan, null));
  }
  const shadow = beginShadow(deps, principal, received, context, plan);
  const began = deps.now();
  const outward = { ...deps, fetch: deps.fetchUpstream };
  const forwarded = await forward(outward, {
    candidates: plan.candidates.value,
    providers: principal.tenant.providers,
    openCredential: openCredential(deps, principal.tenant.tenantId),
    members,
    stream,
    keepUsageChunk: body.stream_options?.include_usage === true,
    choices: body.n ?? 1,
    keptCharacters: keptAnswer(plan),
    headers: context.headers,
    signal: context.signal,
    callId: plan.decisionId,
  });
  const upstreamMs = deps.now() - began;
  if (forwarded.kind !== "stream") shadow.requestOver(forwarded.kind === "aborted");
  const { candidate, attempts } = forwarded;
  const receipt = receiptOf(context, plan, { candidate, attempts, upstreamMs });
  const served = { candidate, attempts, upstreamMs, firstByteMs: began - context.startedAt + upstreamMs };
  switch (forwarded.kind) {
    case "refused":
      await record({ ...nothingServed, ...served, ...refusalEnd("failed", forwarded.refusal) });
      return withReceipt(forwarded.refusal, receipt);
    case "aborted":
      await record({ ...nothingServed, ...served, ...ended("aborted", CLIENT_CLOSED_REQUEST) });
      return ok({ status: CLIENT_CLOSED_REQUEST, headers: receipt, body: null });
    case "answer":
      await record({ ...served, ...answerEnd(forwarded.status, forwarded.meter, inputTokensOf(body)) });
      return ok({ status: forwarded.status, headers: { ...forwarded.headers, ...receipt }, body: forwarded.body });
    case "stream": {
      const recorded = forwarded.ended.then((end) => {
        shadow.requestOver(end.ending === "aborted");
        return record({ ...served, ...streamEnd(end, inputTokensOf(body)) });
      });
      context.waitUntil(recorded);
      forwarded.holdEnd(recorded);
      return ok({ status: 200, headers: { ...forwarded.headers, ...receipt }, body: forwarded.body });
    }
  }
}

function withReceipt(refusal: Refusal, receipt: Readonly<Record<string, string>>): Result<never> {
  return { ok: false, refusal: { ...refusal, headers: { ...receipt, ...refusal.headers } } };
}

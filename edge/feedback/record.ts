import type { Deps } from "../deps.ts";
import type { Refusal } from "../errors.ts";
import { idTime } from "../ids.ts";
import { sha256Hex } from "../routing/sha256.ts";
import { missingDecision } from "../usage/missing-decision.ts";
import type { FeedbackEvent } from "./event.schema.ts";
import { recordEvents, type EventOutcome, type Sender, type StoredEvent } from "./feedback.store.ts";

/** What became of one event: the feedback it is part of, or why it does not count. */
export type Recorded =
  | { readonly ok: true; readonly id: string; readonly repeated: boolean }
  | { readonly ok: false; readonly refusal: Refusal };

/** Age of a decision in milliseconds up to which feedback on it is taken. */
const MAX_AGE_MS = 30 * 86_400_000;
/** How far a sender's clock may be ahead. */
const CLOCK_SKEW_MS = 300_000;

/**
 * Records feedback: of a decision, metric and sender the last word counts, by `given_at`, and each event once. Says of
 * each event what became of it, in their order; one that is refused keeps no other from counting. `sentAt` is the
 * instant (ms) that events without `given_at` were given at.
 */
export async function recordFeedback(
  deps: Pick<Deps, "db" | "newId" | "now">,
  sender: Sender,
  events: readonly FeedbackEvent[],
  sentAt: number,
): Promise<Recorded[]> {
  const now = deps.now();
  const refusals = events.map((event) => untimely(event, now));
  const taken = events.filter((_event, index) => refusals[index] === null);
  const stored = await Promise.all(taken.map((event) => storedEvent(event, deps.newId("feedback"), sentAt, now)));
  const outcomes = stored.length === 0 ? [] : await recordEvents(deps.db.edge, sender, stored);
  let next = 0;
  return events.map((event, index) => {
    const refusal = refusals[index] ?? null;
    if (refusal !== null) return { ok: false, refusal };
    next += 1;
    return recorded(event, outcomes[next - 1], now);
  });
}

/** What is wrong with an event's times, whatever the database holds. */
function untimely({ decision, given_at }: FeedbackEvent, now: number): Refusal | null {
  if (now - idTime(decision) > MAX_AGE_MS) {
    return { code: "invalid_request_error", param: "decision", message: "decision: is older than 30 days" };
  }
  if (given_at !== undefined && Date.parse(given_at) > now + CLOCK_SKEW_MS) {
    return { code: "invalid_request_error", param: "given_at", message: "given_at: lies in the future" };
  }
  return null;
}

async function storedEvent(event: FeedbackEvent, id: string, sentAt: number, now: number): Promise<StoredEvent> {
  const { decision, metric, score, label, comment, given_at, event_id } = event;
  const content = [decision, metric, score, label, comment, given_at ?? null];
  return {
    id,
    event_id: event_id ?? null,
    digest: await sha256Hex(JSON.stringify(content)),
    decision,
    metric,
    score,
    label,
    comment,
    given_at: given_at ?? new Date(sentAt).toISOString(),
    at: new Date(now).toISOString(),
  };
}

function recorded({ decision }: FeedbackEvent, outcome: EventOutcome | undefined, now: number): Recorded {
  if (outcome?.outcome === "reused") {
    const message = "event_id: an event of this id came with another content";
    return { ok: false, refusal: { code: "idempotency_key_reused", param: "event_id", message } };
  }
  if (outcome?.feedback_id === undefined || outcome.feedback_id === null) {
    return { ok: false, refusal: missingDecision(decision, now) };
  }
  return { ok: true, id: outcome.feedback_id, repeated: outcome.outcome === "repeated" };
}

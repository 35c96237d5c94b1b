import type { EdgeDatabase } from "../db/client.ts";

/** Whom feedback is from: a key of the tenant, or one of its feedback sources. */
export interface Sender {
  readonly tenantId: string;
  readonly source: "inference" | "webhook";
  readonly sourceId: string;
}

export interface StoredEvent {
  readonly id: string;
  readonly event_id: string | null;
  /** Tells whether two events of the same id are the same. */
  readonly digest: string;
  readonly decision: string;
  readonly metric: string;
  readonly score: number;
  readonly label: string | null;
  readonly comment: string | null;
  /** ISO 8601, as is `at`, when it came in. */
  readonly given_at: string;
  readonly at: string;
}

/** What became of an event, see migration 0015; `feedback_id` is null where there is none. */
export interface EventOutcome {
  readonly outcome: "recorded" | "repeated" | "reused" | "unknown";
  readonly feedback_id: string | null;
}

/** Records events of one sender in one transaction; gives what became of each, in their order. */
export async function recordEvents(
  db: Pick<EdgeDatabase, "query">,
  { tenantId, source, sourceId }: Sender,
  events: readonly StoredEvent[],
): Promise<EventOutcome[]> {
  const placed = JSON.stringify(events.map((event, place) => ({ place, ...event })));
  const text = "select outcome, feedback_id from signalbox.record_feedback($1, $2, $3, $4) order by place";
  return db.query<EventOutcome>(text, [tenantId, source, sourceId, placed]);
}

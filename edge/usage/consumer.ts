import type { Deps } from "../deps.ts";
import { ServiceError } from "../errors.ts";
import { within } from "../within.ts";
import { decisionRecordSchema, type DecisionRecord } from "./decision-record.ts";
import { appendDecisions } from "./usage.store.ts";

export interface QueuedMessage {
  readonly id: string;
  readonly body: unknown;
  readonly attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

export interface QueuedBatch {
  readonly messages: readonly QueuedMessage[];
}

interface Delivery {
  readonly message: QueuedMessage;
  readonly record: DecisionRecord;
}

export type ConsumerDeps = { readonly db: { readonly edge: Pick<Deps["db"]["edge"], "query"> } } & Pick<
  Deps,
  "log" | "sleep"
>;

const MAX_DELAY_SECONDS = 300;
/** Milliseconds after which a database that says nothing counts as away; what it may have stored is stored once. */
const APPEND_LIMIT_MS = 10_000;

/**
 * Appends a batch of receipts in one call. Each message is acknowledged or retried for itself: one that cannot be read
 * or stored waits for a newer consumer or the dead-letter queue, and holds up no other. Appending twice is harmless.
 */
export async function consumeUsage(deps: ConsumerDeps, batch: QueuedBatch): Promise<void> {
  const deliveries: Delivery[] = [];
  for (const message of batch.messages) {
    const parsed = decisionRecordSchema.safeParse(message.body);
    if (parsed.success) deliveries.push({ message, record: parsed.data });
    else retry(deps, message, parsed.error.issues[0]?.code ?? "invalid");
  }
  if (deliveries.length > 0) await appendAll(deps, deliveries);
}

async function appendAll(deps: ConsumerDeps, deliveries: readonly Delivery[]): Promise<void> {
  const failure = await append(deps, deliveries);
  if (failure === null) {
    for (const { message } of deliveries) message.ack();
  } else if (deliveries.length === 1 || failure === "service_unavailable") {
    for (const { message } of deliveries) retry(deps, message, failure);
  } else {
    // The database is there and refused something: halving finds what, in few calls.
    const middle = Math.ceil(deliveries.length / 2);
    await appendAll(deps, deliveries.slice(0, middle));
    await appendAll(deps, deliveries.slice(middle));
  }
}

/** Null when all are stored, else why not: a code or an error's name, never its text, which may hold the records. */
async function append({ db, sleep }: ConsumerDeps, deliveries: readonly Delivery[]): Promise<string | null> {
  const records = deliveries.map(({ record }) => record);
  try {
    const done = await within(sleep, APPEND_LIMIT_MS, (signal) => appendDecisions(db.edge, records, signal));
    return done === "late" ? "service_unavailable" : null;
  } catch (error) {
    if (error instanceof ServiceError) return error.refusal.code;
    return error instanceof Error ? error.name : typeof error;
  }
}

function retry({ log }: ConsumerDeps, message: QueuedMessage, reason: string): void {
  log("error", "decision_not_appended", { message_id: message.id, attempts: message.attempts, reason });
  message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
}

/** Seconds to wait after the given number of attempts. */
export const retryDelaySeconds = (attempts: number): number => Math.min(2 ** attempts, MAX_DELAY_SECONDS);

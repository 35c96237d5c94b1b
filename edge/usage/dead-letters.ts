import { within } from "../within.ts";
import { retryDelaySeconds, type ConsumerDeps, type QueuedBatch } from "./consumer.ts";
import { keepDeadLetters, type DeadLetter } from "./usage.store.ts";

const KEEP_LIMIT_MS = 10_000;

/** Deployments may name their queues as they like, as long as the one for dead letters ends so. */
export const isDeadLetterQueue = (name: string): boolean => name.endsWith("-dead");

/** Keeps in the database what the usage queue has given up on; while that is away, the messages stay in their queue. */
export async function consumeDeadLetters(deps: ConsumerDeps, { messages }: QueuedBatch): Promise<void> {
  const letters = messages.map(({ body }) => deadLetter(body, "gave_up"));
  const kept = await keep(deps, letters);
  for (const message of messages) {
    if (kept) message.ack();
    else message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}

async function keep({ db, sleep, log }: ConsumerDeps, letters: readonly DeadLetter[]): Promise<boolean> {
  try {
    const done = await within(sleep, KEEP_LIMIT_MS, (signal) => keepDeadLetters(db.edge, letters, signal));
    if (done !== "late") return true;
    log("error", "dead_letters_not_kept", { reason: "late" });
  } catch (error) {
    log("error", "dead_letters_not_kept", { reason: error instanceof Error ? error.name : typeof error });
  }
  return false;
}

function deadLetter(body: unknown, reason: string): DeadLetter {
  const tenant: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "tenant_id") : null;
  // What JSON cannot say, such as undefined, is no letter that anything could be made of.
  const text = (JSON.stringify(body) as string | undefined) ?? "null";
  return {
    body: text,
    reason,
    tenant_id: typeof tenant === "string" ? tenant.toWellFormed().replaceAll("\0", "") : null,
  };
}

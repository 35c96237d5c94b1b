import type { ManualClock } from "../edge-path/manual-clock.ts";
import type { QueuedBatch, QueuedMessage } from "../../edge/usage/consumer.ts";

interface Waiting {
  readonly id: string;
  readonly body: unknown;
  attempts: number;
  due: number;
}

/** What the broker needs of a queue's consumer; wrangler.toml says the numbers. */
export interface Delivery {
  readonly maxBatch: number;
  readonly maxRetries: number;
  /** Milliseconds after which a batch whose consumer has said nothing is delivered again. */
  readonly visibilityMs: number;
}

/**
 * A queue as Cloudflare's is specified: at least once, in batches, each message acknowledged or retried for itself; one
 * that spends its retries is a dead letter. It runs on a test's clock, and its consumer may die in the middle.
 */
export class Broker {
  readonly dead: unknown[] = [];
  readonly #clock: ManualClock;
  readonly #delivery: Delivery;
  #waiting: Waiting[] = [];
  #sent = 0;

  constructor(clock: ManualClock, delivery: Delivery) {
    this.#clock = clock;
    this.#delivery = delivery;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  send(body: unknown): Promise<void> {
    this.#sent += 1;
    const copied: unknown = structuredClone(body);
    this.#waiting.push({ id: `msg_${String(this.#sent)}`, body: copied, attempts: 0, due: this.#clock.now() });
    return Promise.resolve();
  }

  /** Delivers what is due, once. `dies` settles when the consumer's process has ended. */
  async deliver(consume: (batch: QueuedBatch) => Promise<void>, dies: Promise<void>): Promise<void> {
    const batch = this.#waiting.filter(({ due }) => due <= this.#clock.now()).slice(0, this.#delivery.maxBatch);
    if (batch.length === 0) return;
    for (const message of batch) message.due = this.#clock.now() + this.#delivery.visibilityMs;
    const messages = batch.map((message) => this.#handed(message));
    await Promise.race([consume({ messages }), dies]);
  }

  #handed(message: Waiting): QueuedMessage {
    message.attempts += 1;
    const { id, body, attempts } = message;
    return {
      id,
      body: structuredClone(body),
      attempts,
      ack: () => this.#remove(message),
      retry: ({ delaySeconds = 0 } = {}) => {
        message.due = this.#clock.now() + delaySeconds * 1000;
        if (attempts <= this.#delivery.maxRetries) return;
        this.#remove(message);
        this.dead.push(body);
      },
    };
  }

  #remove(message: Waiting): void {
    this.#waiting = this.#waiting.filter((one) => one !== message);
  }
}

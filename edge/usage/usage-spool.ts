import type { DurableObjectState, SqlStorage } from "@cloudflare/workers-types";
import { depsOf } from "../deps.ts";
import { consumeUsage, type QueuedMessage } from "./consumer.ts";
import { consumeDeadLetters } from "./dead-letters.ts";

/** Rows that one call to the database appends. */
const BATCH_ROWS = 100;
/** Milliseconds that a receipt waits for others to travel with. */
const GATHER_MS = 1_000;
/** Attempts after which a receipt is kept as a dead letter instead. */
const MAX_ATTEMPTS = 100;

interface Spooled extends Record<string, string | number> {
  readonly place: number;
  readonly body: string;
  readonly attempts: number;
}

/**
 * The queue of a worker that has none: a durable object that keeps receipts in SQLite on the worker's disk until
 * PostgreSQL has them. Its alarm outlives the process, so whatever ends it, the next one goes on.
 */
export class UsageSpool {
  readonly #state: DurableObjectState;
  readonly #bindings: Record<string, unknown>;
  readonly #sql: SqlStorage;
  /** Whether the alarm is known to be set; what an earlier process set is not known until it is asked for. */
  #alarmSet = false;

  constructor(state: DurableObjectState, bindings: Record<string, unknown>) {
    this.#state = state;
    this.#bindings = bindings;
    this.#sql = state.storage.sql;
    this.#sql.exec(
      `create table if not exists receipts (
         place integer primary key, body text not null, attempts integer not null, due integer not null
       )`,
    );
  }

  /** Takes one receipt. The runtime holds this answer back until the receipt is on disk. */
  async fetch(request: Request): Promise<Response> {
    const body = await request.text();
    const { now } = depsOf(this.#bindings);
    this.#sql.exec("insert into receipts (body, attempts, due) values (?, 0, ?)", body, now());
    if (!this.#alarmSet) await this.#ensureAlarm(now() + GATHER_MS);
    return new Response(null, { status: 204 });
  }

  async #ensureAlarm(at: number): Promise<void> {
    // Before anything is waited for: an alarm that rings meanwhile takes it back, and this receipt with it.
    this.#alarmSet = true;
    try {
      if ((await this.#state.storage.getAlarm()) === null) await this.#state.storage.setAlarm(at);
    } catch (error) {
      this.#alarmSet = false;
      throw error;
    }
  }

  /** Appends what is due, and comes back for what is left. */
  async alarm(): Promise<void> {
    const deps = depsOf(this.#bindings);
    this.#alarmSet = false;
    try {
      for (let batch = this.#due(deps.now()); batch.length > 0; batch = this.#due(deps.now())) {
        const spent = batch.filter(({ attempts }) => attempts >= MAX_ATTEMPTS);
        const live = batch.filter(({ attempts }) => attempts < MAX_ATTEMPTS);
        const done: number[] = [];
        const messages = (rows: readonly Spooled[]): QueuedMessage[] => rows.map((row) => this.#message(row, done));
        try {
          if (live.length > 0) await consumeUsage(deps, { messages: messages(live) });
          if (spent.length > 0) await consumeDeadLetters(deps, { messages: messages(spent) });
        } finally {
          this.#forget(done);
        }
      }
    } finally {
      const [next] = this.#sql.exec<{ due: number | null }>("select min(due) as due from receipts");
      if (typeof next?.due === "number") await this.#state.storage.setAlarm(Math.max(next.due, deps.now()));
    }
  }

  #due(now: number): Spooled[] {
    const text = "select place, body, attempts from receipts where due <= ? order by place limit ?";
    return this.#sql.exec<Spooled>(text, now, BATCH_ROWS).toArray();
  }

  /** In one statement: one for each would be most of what a receipt costs. */
  #forget(places: readonly number[]): void {
    const text = "delete from receipts where place in (select value from json_each(?))";
    if (places.length > 0) this.#sql.exec(text, JSON.stringify(places));
  }

  #message({ place, body, attempts }: Spooled, done: number[]): QueuedMessage {
    return {
      id: String(place),
      body: JSON.parse(body) as unknown,
      attempts: attempts + 1,
      ack: () => void done.push(place),
      retry: ({ delaySeconds = 0 } = {}) => {
        const due = depsOf(this.#bindings).now() + delaySeconds * 1000;
        this.#sql.exec("update receipts set attempts = attempts + 1, due = ? where place = ?", due, place);
      },
    };
  }
}

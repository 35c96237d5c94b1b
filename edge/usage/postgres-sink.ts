import type { EdgeDatabase } from "../db/client.ts";
import type { DecisionRecord, UsageSink } from "./decision-record.ts";
import { storableRecord } from "./storable-record.ts";
import { appendDecisions } from "./usage.store.ts";

/** Writes each receipt to the database itself, for deployments that have no queue. */
export class PostgresSink implements UsageSink {
  readonly #db: Pick<EdgeDatabase, "query">;

  constructor(db: Pick<EdgeDatabase, "query">) {
    this.#db = db;
  }

  async append(record: DecisionRecord): Promise<void> {
    await appendDecisions(this.#db, [storableRecord(record)]);
  }
}

import type { DurableObjectId, DurableObjectNamespace } from "@cloudflare/workers-types";
import type { DecisionRecord, UsageSink } from "./decision-record.ts";
import { storableRecord } from "./storable-record.ts";

/** Hands receipts to the worker's own spool, which has them on disk when it answers. For deployments without a queue. */
export class SpoolSink implements UsageSink {
  readonly #spool: DurableObjectNamespace;
  readonly #id: DurableObjectId;

  constructor(spool: DurableObjectNamespace) {
    this.#spool = spool;
    this.#id = spool.idFromName("usage");
  }

  async append(record: DecisionRecord): Promise<void> {
    const response = await this.#spool.get(this.#id).fetch("https://spool/", {
      method: "POST",
      body: JSON.stringify(storableRecord(record)),
    });
    if (!response.ok) throw new Error("the spool did not keep a receipt");
  }
}

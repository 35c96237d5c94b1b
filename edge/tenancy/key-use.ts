import type { EdgeDatabase } from "../db/client.ts";
import { LruMap } from "../lru-map.ts";
import type { WaitUntil } from "../wait-until.ts";
import { touchKey } from "./key-use.store.ts";
import type { Principal } from "./snapshot.ts";

const EVERY_MS = 60_000;
/** Keys remembered; of one that was forgotten the next use is written at once. */
const MAX_KEYS = 20_000;

/**
 * Notes that a key was used by a request that leaves no receipt: once a minute in an isolate, behind the answer. What
 * cannot be written is left to the next request.
 */
export class KeyUse {
  readonly #noted = new LruMap<number>({ maxWeight: MAX_KEYS });
  readonly #db: Pick<EdgeDatabase, "query">;

  constructor(db: Pick<EdgeDatabase, "query">) {
    this.#db = db;
  }

  note({ tenant: { tenantId }, key }: Principal, now: number, waitUntil: WaitUntil): void {
    const name = `${tenantId}/${key.id}`;
    const noted = this.#noted.get(name);
    if (noted !== undefined && now - noted < EVERY_MS) return;
    this.#noted.set(name, now);
    waitUntil(touchKey(this.#db, { tenantId, keyId: key.id, at: now }).catch(() => this.#noted.delete(name)));
  }
}

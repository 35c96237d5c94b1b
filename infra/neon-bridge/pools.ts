import pg from "pg";
import type { BridgeTarget, Login } from "./target.ts";

export interface PoolLimits {
  /** Connections per login. */
  readonly connections: number;
  /** Logins remembered; the least recently used one goes first. */
  readonly logins: number;
}

/** One connection pool a login, so that PostgreSQL itself checks every password and role. */
export class Pools {
  readonly #target: BridgeTarget;
  readonly #limits: PoolLimits;
  readonly #pools = new Map<string, pg.Pool>();

  constructor(target: BridgeTarget, limits: PoolLimits) {
    this.#target = target;
    this.#limits = limits;
  }

  of(login: Login): pg.Pool {
    const key = JSON.stringify([login.user, login.password, login.database]);
    const pool = this.#pools.get(key) ?? this.#open(login);
    this.#pools.delete(key);
    this.#pools.set(key, pool);
    for (const [oldKey, old] of this.#pools) {
      if (this.#pools.size <= this.#limits.logins) break;
      this.#pools.delete(oldKey);
      void old.end();
    }
    return pool;
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.end()));
  }

  #open(login: Login): pg.Pool {
    const pool = new pg.Pool({
      ...this.#target,
      ...login,
      max: this.#limits.connections,
      application_name: "signalbox-bridge",
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 60_000,
      allowExitOnIdle: true,
    });
    // One that breaks while it is lent fails its query, and says so once more as an event that nobody else takes.
    pool.on("connect", (client) => client.on("error", () => undefined));
    // An idle connection that PostgreSQL closes (a restart) is replaced by the next query.
    pool.on("error", () => undefined);
    return pool;
  }
}

import type { Databases } from "./db/client.ts";
import type { Decider } from "./decider/decider.ts";
import type { Env } from "./env.ts";
import type { IdKind } from "./ids.ts";
import type { Log } from "./log.ts";
import type { SnapshotCache } from "./tenancy/snapshot-cache.ts";
import type { UsageSink } from "./usage/decision-record.ts";

/** Everything the outside world gives this Worker. Made once an isolate; the only way to reach clock, network, ids. */
export interface Deps {
  readonly env: Env;
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. Stands still during CPU work on Workers. */
  readonly now: () => number;
  /** Secure random number in 0..1. */
  readonly random: () => number;
  readonly newId: (kind: IdKind) => string;
  readonly log: Log;
  readonly db: Databases;
  readonly snapshots: SnapshotCache;
  readonly decider: Decider;
  readonly usage: UsageSink;
}

/** Registers work that may outlive the answer of the request it began in. */
export type WaitUntil = (work: Promise<unknown>) => void;

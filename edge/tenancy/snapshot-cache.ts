import { LruMap } from "../lru-map.ts";
import type { WaitUntil } from "../wait-until.ts";
import { orLate } from "../within.ts";
import { DatabaseHealth } from "./database-health.ts";
import { READ_LIMIT_MS, readSnapshot, type Read, type SnapshotReader } from "./read-snapshot.ts";
import type { SnapshotKey, TenantConfig } from "./snapshot.ts";
import { SnapshotShelf, type Held } from "./snapshot-shelf.ts";

/** Ages of a snapshot in milliseconds: up to the first it is used as it is, up to the second refreshed behind. */
const FRESH_MS = 5_000;
const REFRESH_BEHIND_MS = 10_000;
/** Up to this age a snapshot serves while the database cannot be reached. */
const GRACE_MS = 15 * 60_000;
/** The longest that a request which has a snapshot waits for a newer one. */
const WAIT_MS = 500;
/** How long others wait for a read that a request began; the runtime may have ended that request, and its read with it. */
const SHARED_MS = 200;
/** After a failed read, how long the requests of that key are served from the snapshot without waiting again. */
const BACK_OFF_MS = 1_000;
const NEGATIVE_MS = 10_000;
const MAX_NEGATIVE = 20_000;
const MAX_BACK_OFFS = 10_000;
const MAX_READS = 10_000;

/** What is known of a key. `unavailable`: the database cannot be reached. `broken`: it answers what it must not. */
export type Lookup =
  | {
      readonly kind: "known";
      readonly key: SnapshotKey;
      readonly tenant: TenantConfig;
      /** Whole seconds since the snapshot was confirmed; null unless the database could not be reached. */
      readonly staleSeconds: number | null;
    }
  | { readonly kind: "unknown" }
  | { readonly kind: "unavailable" }
  | { readonly kind: "broken" };

/** Result of one read, applied to the shelf. A plain value: it outlives the request that made it. */
type Outcome =
  { readonly kind: "held"; readonly held: Held } | { readonly kind: Exclude<Read["kind"], "found" | "unchanged"> };

interface SharedRead {
  readonly beganAt: number;
  readonly outcome: Promise<Outcome>;
}

interface SnapshotCacheDeps extends SnapshotReader {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly maxBytes?: number;
}

/**
 * The keys and tenant configurations an isolate knows, by key hash. Requests share values, never a bare promise: a
 * promise dies with the request it belongs to, so each read is registered with that request's `waitUntil`, others wait
 * for it only so long, and then read for themselves.
 */
export class SnapshotCache {
  readonly #deps: SnapshotCacheDeps;
  readonly #shelf: SnapshotShelf;
  /** By hash. Bounded, because a read that died with its request never takes itself off. */
  readonly #reads = new LruMap<SharedRead>({ maxWeight: MAX_READS });
  /** Hashes nobody has, until when that is believed. */
  readonly #negative = new LruMap<number>({ maxWeight: MAX_NEGATIVE });
  /** Hashes whose read failed, until when that is taken as the database's state. */
  readonly #backOff = new LruMap<number>({ maxWeight: MAX_BACK_OFFS });
  readonly #health = new DatabaseHealth();

  constructor(deps: SnapshotCacheDeps) {
    this.#deps = deps;
    this.#shelf = new SnapshotShelf(deps.maxBytes);
  }

  /** Whether `find` would begin a read for this hash that nothing but the caller's word justifies. */
  needsFirstRead(hash: string): boolean {
    if (this.#isNegative(hash) || this.#shelf.get(hash) !== null || this.#joinable(hash) !== null) return false;
    return this.#health.mayRead(this.#deps.now());
  }

  /** A write of this isolate to the tenant has just ended: its next request reads anew, so that it sees that write. */
  changed(tenantId: string): void {
    this.#shelf.changed(tenantId, this.#deps.now());
  }

  /** What is known of a key, read anew as its age demands. */
  async find(hash: string, waitUntil: WaitUntil): Promise<Lookup> {
    if (this.#isNegative(hash)) return { kind: "unknown" };
    const held = this.#shelf.get(hash);
    if (held === null) return this.#readFor(hash, null, waitUntil);
    const age = this.#age(held);
    if (age <= FRESH_MS && !held.outdated) return known(held);
    const failedLately = (this.#backOff.get(hash) ?? 0) > this.#deps.now();
    if (age <= REFRESH_BEHIND_MS && !held.outdated) {
      if (!failedLately && this.#joinable(hash) === null) void this.#begin(hash, held, waitUntil);
      return known(held);
    }
    return failedLately && age <= GRACE_MS ? this.#stale(held) : this.#readFor(hash, held, waitUntil);
  }

  async #readFor(hash: string, held: Held | null, waitUntil: WaitUntil): Promise<Lookup> {
    const mayServe = held !== null && this.#age(held) <= GRACE_MS;
    const outcome = await this.#awaitRead(hash, held, waitUntil, mayServe);
    if (outcome !== "late" && outcome.kind === "held") return known(outcome.held);
    if (outcome !== "late" && outcome.kind === "unknown") return { kind: "unknown" };
    const { now } = this.#deps;
    this.#backOff.set(hash, now() + BACK_OFF_MS);
    // Another key of the tenant, or another request, may have had more luck in the meantime.
    const latest = this.#shelf.get(hash) ?? held;
    if (latest !== null && this.#age(latest) <= REFRESH_BEHIND_MS) return known(latest);
    if (latest !== null && this.#age(latest) <= GRACE_MS) return this.#stale(latest);
    return { kind: outcome !== "late" && outcome.kind === "invalid" ? "broken" : "unavailable" };
  }

  /**
   * The outcome of a read: one that is under way, as long as that may be alive, else an own one. A failure of others
   * is not taken over at once, as it may have been theirs alone; the second in a row is the database's.
   * With nothing to serve from, a database that is known to be away is asked now and then only.
   */
  async #awaitRead(
    hash: string,
    held: Held | null,
    waitUntil: WaitUntil,
    mayServe: boolean,
  ): Promise<Outcome | "late"> {
    const { now, sleep } = this.#deps;
    const endsAt = now() + (mayServe ? WAIT_MS : READ_LIMIT_MS);
    for (let failures = 0; ;) {
      const left = endsAt - now();
      if (left <= 0) return "late";
      const shared = this.#joinable(hash);
      if (shared === null) {
        if (!mayServe && !this.#health.mayRead(now())) return { kind: "failed" };
        return orLate(sleep, left, this.#begin(hash, held, waitUntil));
      }
      const outcome = await orLate(sleep, Math.min(left, shared.beganAt + SHARED_MS - now()), shared.outcome);
      if (outcome === "late") continue;
      if (outcome.kind === "held" || outcome.kind === "unknown") return outcome;
      failures += 1;
      if (failures === 2) return outcome;
    }
  }

  #joinable(hash: string): SharedRead | null {
    const shared = this.#reads.get(hash);
    if (shared === undefined || this.#shelf.predatesChange(hash, shared.beganAt)) return null;
    return this.#deps.now() - shared.beganAt < SHARED_MS ? shared : null;
  }

  /** Begins a read for all who need this key, and keeps the runtime from ending it with the request that began it. */
  #begin(hash: string, held: Held | null, waitUntil: WaitUntil): Promise<Outcome> {
    const beganAt = this.#deps.now();
    this.#health.began(beganAt);
    // A key read at another revision than its tenant's configuration cannot be confirmed by either alone.
    const conditional = held !== null && held.keyRevision === held.tenant.revision ? held : null;
    const outcome = readSnapshot(this.#deps, hash, conditional?.keyRevision ?? null).then((read) => {
      if (this.#reads.get(hash) === shared) this.#reads.delete(hash);
      return this.#apply(hash, conditional, read, beganAt);
    });
    const shared: SharedRead = { beganAt, outcome };
    this.#reads.set(hash, shared);
    waitUntil(outcome);
    return outcome;
  }

  #apply(hash: string, conditional: Held | null, read: Read, beganAt: number): Outcome {
    if (read.kind === "failed") this.#health.failed(beganAt);
    else this.#health.answered(this.#deps.now());
    switch (read.kind) {
      case "found":
        if ((this.#negative.get(hash) ?? 0) < beganAt + NEGATIVE_MS) this.#negative.delete(hash);
        this.#backOff.delete(hash);
        return { kind: "held", held: this.#shelf.put(hash, read.key, read.tenant, read.bytes, beganAt) };
      case "unchanged":
        this.#backOff.delete(hash);
        return conditional === null
          ? { kind: "invalid" }
          : { kind: "held", held: this.#shelf.confirm(hash, conditional, beganAt) };
      case "unknown": {
        // A read that began later has found the key: it was made in between.
        const held = this.#shelf.get(hash);
        if (held !== null && held.confirmedAt > beganAt) return { kind: "held", held };
        this.#shelf.forget(hash);
        this.#negative.set(hash, beganAt + NEGATIVE_MS);
        return { kind: "unknown" };
      }
      case "failed":
      case "invalid":
        this.#backOff.set(hash, this.#deps.now() + BACK_OFF_MS);
        return { kind: read.kind };
    }
  }

  #isNegative(hash: string): boolean {
    return (this.#negative.get(hash) ?? 0) > this.#deps.now();
  }

  #age({ confirmedAt }: Held): number {
    return this.#deps.now() - confirmedAt;
  }

  #stale(held: Held): Lookup {
    return { ...known(held), staleSeconds: Math.floor(this.#age(held) / 1000) };
  }
}

const known = ({ key, tenant }: Held): Extract<Lookup, { kind: "known" }> => ({
  kind: "known",
  key,
  tenant,
  staleSeconds: null,
});

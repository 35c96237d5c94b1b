import { LruMap } from "../lru-map.ts";
import type { SnapshotKey, TenantConfig } from "./snapshot.ts";

/** Bytes that all snapshots of an isolate may take; Workers give an isolate 128 MB for everything. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Share of that one tenant may take, so that no tenant pushes out all others. */
const TENANT_SHARE = 1 / 4;
/** Keys remembered of one tenant, and what one is taken to weigh. */
const MAX_TENANT_KEYS = 1_000;
const KEY_BYTES = 1_024;
/** Tenants remembered as changed here; beyond, the longest unchanged ones wait for their snapshot to age. */
const MAX_CHANGED = 10_000;

/** A key, its tenant's configuration, and when (ms) the database last said that both are current. */
export interface Held {
  readonly key: SnapshotKey;
  /** Revision of the tenant at which the key was read; the configuration may be a newer one. */
  readonly keyRevision: number;
  readonly tenant: TenantConfig;
  readonly confirmedAt: number;
  /** This isolate has changed the tenant since: what is held is known not to be current. */
  readonly outdated: boolean;
}

interface HeldKey {
  readonly key: SnapshotKey;
  readonly revision: number;
  readonly confirmedAt: number;
}

interface HeldTenant {
  readonly config: TenantConfig;
  readonly bytes: number;
  readonly confirmedAt: number;
  readonly keys: LruMap<HeldKey>;
}

/**
 * The snapshots an isolate holds: a tenant's configuration once for all its keys, bounded in bytes, forgotten by least
 * recent use. Instants are those at which a read of the database began, so nothing is taken for newer than it is.
 */
export class SnapshotShelf {
  readonly #tenantOf = new Map<string, string>();
  readonly #tenants: LruMap<HeldTenant>;
  readonly #changedAt = new LruMap<number>({ maxWeight: MAX_CHANGED });
  readonly #maxTenantBytes: number;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxTenantBytes = maxBytes * TENANT_SHARE;
    this.#tenants = new LruMap({
      maxWeight: maxBytes,
      weigh: ({ bytes, keys }) => bytes + keys.weight,
      onEvict: (_tenantId, { keys }) => this.#forgetKeys(keys),
    });
  }

  get(hash: string): Held | null {
    const tenant = this.#tenants.get(this.#tenantOf.get(hash) ?? "");
    const held = tenant?.keys.get(hash);
    if (tenant === undefined || held === undefined) return null;
    // A revision covers everything of a tenant: who confirms it confirms it for all keys that were read at it.
    const shared = held.revision === tenant.config.revision ? tenant.confirmedAt : 0;
    const { key, revision } = held;
    const confirmedAt = Math.max(held.confirmedAt, shared);
    const outdated = this.predatesChange(hash, confirmedAt);
    return { key, keyRevision: revision, tenant: tenant.config, confirmedAt, outdated };
  }

  /** Nothing read of the tenant up to `at` counts as current any more: a write of this isolate has just ended. */
  changed(tenantId: string, at: number): void {
    this.#changedAt.set(tenantId, at);
  }

  /** Whether a read of this key that began at `readAt` may have missed a write of this isolate. */
  predatesChange(hash: string, readAt: number): boolean {
    const changedAt = this.#changedAt.get(this.#tenantOf.get(hash) ?? "");
    return changedAt !== undefined && readAt <= changedAt;
  }

  /** Keeps what a read that began at `readAt` found, unless something newer is here; gives what holds now. */
  put(hash: string, key: SnapshotKey, found: TenantConfig, bytes: number, readAt: number): Held {
    const known = this.#tenants.get(found.tenantId);
    const tenant = newest(known, { config: found, bytes, confirmedAt: readAt, keys: known?.keys ?? this.#newKeys() });
    const before = tenant.keys.get(hash);
    const later = before !== undefined && before.confirmedAt > readAt;
    const held = later ? before : { key, revision: found.revision, confirmedAt: readAt };
    tenant.keys.set(hash, held);
    this.#tenantOf.set(hash, found.tenantId);
    this.#keep(tenant);
    const { confirmedAt } = held;
    const outdated = this.predatesChange(hash, confirmedAt);
    return { key: held.key, keyRevision: held.revision, tenant: tenant.config, confirmedAt, outdated };
  }

  /** The database said, to a read that began at `readAt`, that what `held` was read at is still the current revision. */
  confirm(hash: string, held: Held, readAt: number): Held {
    const known = this.#tenants.get(held.tenant.tenantId);
    const before = known?.keys.get(hash);
    if (known === undefined || before?.revision !== held.keyRevision) return { ...held, confirmedAt: readAt };
    known.keys.set(hash, { ...before, confirmedAt: Math.max(before.confirmedAt, readAt) });
    const same = known.config.revision === held.keyRevision;
    this.#keep(same ? { ...known, confirmedAt: Math.max(known.confirmedAt, readAt) } : known);
    return { ...held, tenant: known.config, confirmedAt: readAt };
  }

  forget(hash: string): void {
    const tenant = this.#tenants.get(this.#tenantOf.get(hash) ?? "");
    this.#tenantOf.delete(hash);
    if (tenant === undefined) return;
    tenant.keys.delete(hash);
    this.#keep(tenant);
  }

  #keep(tenant: HeldTenant): void {
    const fits = tenant.bytes <= this.#maxTenantBytes && this.#tenants.set(tenant.config.tenantId, tenant);
    if (fits) return;
    this.#tenants.delete(tenant.config.tenantId);
    this.#forgetKeys(tenant.keys);
  }

  #newKeys(): HeldTenant["keys"] {
    return new LruMap({
      maxWeight: MAX_TENANT_KEYS * KEY_BYTES,
      weigh: () => KEY_BYTES,
      onEvict: (hash) => this.#tenantOf.delete(hash),
    });
  }

  #forgetKeys(keys: HeldTenant["keys"]): void {
    for (const hash of keys.keys()) this.#tenantOf.delete(hash);
  }
}

/** An older revision counts only when it was read later: then the database itself has gone back, as after a restore. */
function newest(known: HeldTenant | undefined, found: HeldTenant): HeldTenant {
  if (known === undefined || found.config.revision > known.config.revision) return found;
  const later = found.confirmedAt > known.confirmedAt;
  if (found.config.revision === known.config.revision) {
    return { ...known, confirmedAt: Math.max(known.confirmedAt, found.confirmedAt) };
  }
  return later ? found : known;
}

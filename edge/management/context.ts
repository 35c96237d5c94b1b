import type { DbScope } from "../db/client.ts";
import type { Deps } from "../deps.ts";
import type { WaitUntil } from "../wait-until.ts";
import type { SnapshotKey } from "../tenancy/snapshot.ts";

/** A caller's `Idempotency-Key` and what it was sent with. */
export interface Idempotency {
  readonly key: string;
  /** Method and path: the same key on another route is another operation. */
  readonly route: string;
  /** The validated input as JSON text; a reuse of the key with another one is refused. */
  readonly fingerprint: string;
}

/** What every write needs: where, who, and for whom its answer is remembered. */
export interface WriteContext {
  readonly deps: Deps;
  readonly scope: DbScope;
  /** Key id, or `operator`. */
  readonly actor: string;
  readonly requestId: string;
  readonly idempotency: Idempotency | null;
}

/** A tenant's key at work. Every query a verb makes is in `scope`. */
export interface TenantContext extends WriteContext {
  readonly scope: { readonly tenantId: string };
  readonly tenantId: string;
  readonly key: SnapshotKey;
  /** Router engines that cost money and that the operator lets the tenant use. */
  readonly paidEngines: readonly string[];
  readonly waitUntil: WaitUntil;
}

/** The operator at work, across tenants. */
export interface OperatorContext extends WriteContext {
  readonly scope: { readonly operator: true };
}

import type { Transaction } from "../db/client.ts";
import { ok, type Refusal, type Result } from "../errors.ts";
import { appendAudit, type AuditEntry } from "./audit/audit.store.ts";
import type { WriteContext } from "./context.ts";
import { claimAnswer, rememberAnswer } from "./idempotency.store.ts";
import { rememberedAs } from "./idempotency.ts";

/** What a write did: its answer, and what the audit log is told. */
export interface Change<T> {
  readonly value: T;
  /** What a replay answers instead, where the value holds something that is shown once. */
  readonly replay?: object;
  /** Null when the object already was as asked. */
  readonly audit: AuditEntry | null;
}

/** Ends a transaction without effect, carrying the verb's refusal past the database client. */
class RolledBack extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/**
 * Runs a verb's write, its audit row and its `Idempotency-Key` as one transaction: all of them happen or none. A
 * refusal rolls back and is not remembered; a second request under the same key waits for the first to end.
 */
export async function write<T extends object>(
  context: WriteContext,
  work: (tx: Transaction) => Promise<Result<Change<T>>>,
): Promise<Result<T>> {
  const { deps, scope } = context;
  const claim = context.idempotency === null ? null : await rememberedAs(context, context.idempotency);
  try {
    const { answer, audit } = await deps.db.api.transaction(scope, async (tx) => {
      const earlier = claim === null ? null : await claimAnswer(tx, scope, claim);
      if (earlier !== null) {
        if (earlier.bodyHash !== claim?.bodyHash) throw new RolledBack({ code: "idempotency_key_reused" });
        return { answer: ok(earlier.response as T), audit: null };
      }
      const result = await work(tx);
      if (!result.ok) throw new RolledBack(result.refusal);
      const { value, replay, audit } = result.value;
      if (audit !== null) await appendAudit(tx, context, deps.newId("audit"), audit);
      if (claim !== null) await rememberAnswer(tx, scope, claim, replay ?? value);
      return { answer: ok(value), audit };
    });
    // Who has been told that a key is revoked or a version published finds it so in the next request.
    if (audit !== null) deps.snapshots.changed(audit.tenantId);
    return answer;
  } catch (error) {
    if (error instanceof RolledBack) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

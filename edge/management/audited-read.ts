import type { Transaction } from "../db/client.ts";
import { ok, type Result } from "../errors.ts";
import { appendAudit, type AuditEntry } from "./audit/audit.store.ts";
import type { TenantContext } from "./context.ts";

/** What a read found, and what the audit log is told of it. */
export interface Found<T> {
  readonly value: T;
  readonly audit: Omit<AuditEntry, "tenantId" | "changes"> & Partial<Pick<AuditEntry, "changes">>;
}

/** Reads what nobody may read unnoticed: without its audit row there is no answer. A refusal leaves none. */
export async function auditedRead<T>(
  context: TenantContext,
  read: (tx: Transaction) => Promise<Result<Found<T>>>,
): Promise<Result<T>> {
  const { deps, scope, tenantId } = context;
  return deps.db.api.transaction(scope, async (tx) => {
    const found = await read(tx);
    if (!found.ok) return found;
    const { value, audit } = found.value;
    await appendAudit(tx, context, deps.newId("audit"), { tenantId, changes: {}, ...audit });
    return ok(value);
  });
}

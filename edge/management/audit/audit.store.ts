import { and, desc, eq, gte, lt } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { auditLog, operatorAuditLog } from "../../db/schema.ts";
import type { WriteContext } from "../context.ts";
import type { Difference } from "../difference.ts";
import type { Page } from "../page.ts";
import type { AuditFilter } from "./schema.ts";

export interface AuditEntry {
  readonly tenantId: string;
  /** What was done, as `resource.verb`. */
  readonly action: string;
  readonly targetKind: string;
  readonly targetId: string;
  /** Never a secret. */
  readonly changes: Difference;
}

export type AuditRow = typeof auditLog.$inferSelect;

/** Tells the tenant's audit log; what the operator did is also told, without a tenant's content, to the operator's. */
export async function appendAudit(
  tx: Transaction,
  context: WriteContext,
  id: string,
  entry: AuditEntry,
): Promise<void> {
  const { actor, requestId, deps } = context;
  const createdAt = new Date(deps.now()).toISOString();
  await tx.insert(auditLog).values({ id, actor, requestId, createdAt, ...entry });
  if ("operator" in context.scope) {
    const { tenantId, action } = entry;
    await tx.insert(operatorAuditLog).values({ id, tenantId, action, changes: {}, requestId, createdAt });
  }
}

/** One row more than the page's limit, newest first. */
export function auditPage(db: Reader, tenantId: string, filter: AuditFilter, page: Page) {
  const { actor, action, target_kind, target_id, from, to } = filter;
  const conditions = [
    eq(auditLog.tenantId, tenantId),
    page.after === null ? undefined : lt(auditLog.id, page.after),
    actor === undefined ? undefined : eq(auditLog.actor, actor),
    action === undefined ? undefined : eq(auditLog.action, action),
    target_kind === undefined ? undefined : eq(auditLog.targetKind, target_kind),
    target_id === undefined ? undefined : eq(auditLog.targetId, target_id),
    from === undefined ? undefined : gte(auditLog.createdAt, from),
    to === undefined ? undefined : lt(auditLog.createdAt, to),
  ];
  return db
    .select()
    .from(auditLog)
    .where(and(...conditions))
    .orderBy(desc(auditLog.id))
    .limit(page.limit + 1);
}

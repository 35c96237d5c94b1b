import { and, desc, eq, lt } from "drizzle-orm";
import type { Reader, Transaction } from "../../db/client.ts";
import { auditLog, operatorAuditLog } from "../../db/schema.ts";
import type { WriteContext } from "../context.ts";
import type { Difference } from "../difference.ts";
import type { Page } from "../page.ts";

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
  const { actor, requestId } = context;
  await tx.insert(auditLog).values({ id, actor, requestId, ...entry });
  if ("operator" in context.scope) {
    const { tenantId, action } = entry;
    await tx.insert(operatorAuditLog).values({ id, tenantId, action, changes: {}, requestId });
  }
}

/** One row more than the page's limit, newest first. */
export const auditPage = (db: Reader, tenantId: string, page: Page) =>
  db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.tenantId, tenantId), page.after === null ? undefined : lt(auditLog.id, page.after)))
    .orderBy(desc(auditLog.id))
    .limit(page.limit + 1);

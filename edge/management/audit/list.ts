import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { iso } from "../text.ts";
import { auditPage, type AuditRow } from "./audit.store.ts";
import type { AuditEntryView, AuditFilter } from "./schema.ts";

/** Who changed what in the tenant, newest first. */
export async function listAudit(
  context: TenantContext,
  filter: AuditFilter,
  page: Page,
): Promise<Result<Listed<AuditEntryView>>> {
  const rows = await context.deps.db.api.read(context.scope, (db) => auditPage(db, context.tenantId, filter, page));
  return ok(listed(rows, page, view));
}

const view = (row: AuditRow): AuditEntryView => ({
  id: row.id,
  actor: row.actor,
  action: row.action,
  target: { kind: row.targetKind, id: row.targetId },
  changes: row.changes as AuditEntryView["changes"],
  request_id: row.requestId,
  created_at: iso(row.createdAt),
});

import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { feedbackPage } from "./feedback.store.ts";
import type { FeedbackFilter, FeedbackView } from "./schema.ts";
import { feedbackView } from "./view.ts";

/** The tenant's feedback, newest first. */
export async function listFeedback(
  { deps, scope, tenantId }: TenantContext,
  filter: FeedbackFilter,
  page: Page,
): Promise<Result<Listed<FeedbackView>>> {
  const rows = await deps.db.api.read(scope, (db) => feedbackPage(db, tenantId, filter, page));
  return ok(listed(rows, page, feedbackView));
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { feedbackById } from "./feedback.store.ts";
import type { FeedbackView } from "./schema.ts";
import { feedbackView } from "./view.ts";

export async function getFeedback({ deps, scope, tenantId }: TenantContext, id: string): Promise<Result<FeedbackView>> {
  const [row] = await deps.db.api.read(scope, (db) => feedbackById(db, tenantId, id));
  return row === undefined ? refuse("not_found") : ok(feedbackView(row));
}

import { iso } from "../text.ts";
import type { FeedbackRow } from "./feedback.store.ts";
import type { FeedbackView } from "./schema.ts";

export const feedbackView = (row: FeedbackRow): FeedbackView => ({
  id: row.id,
  decision: row.decisionId,
  router: row.router,
  policy: row.policy,
  model: row.model,
  arm: row.arm,
  metric: row.metric,
  score: row.score,
  label: row.label,
  comment: row.comment,
  source: row.source,
  source_id: row.sourceId,
  given_at: iso(row.givenAt),
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
});

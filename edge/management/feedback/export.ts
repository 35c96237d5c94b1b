import type { TenantContext } from "../context.ts";
import { lineStream } from "../line-stream.ts";
import { feedbackPage } from "./feedback.store.ts";
import type { FeedbackFilter } from "./schema.ts";
import { feedbackView } from "./view.ts";

/** Rows read at a time: what an export holds in memory, whatever its length. */
const PAGE_ROWS = 500;

/** All matching feedback that comes after the one `after`, newest first, one JSON object a line. */
export async function exportFeedback(
  { deps, scope, tenantId }: TenantContext,
  filter: FeedbackFilter,
  after: string | null,
): Promise<ReadableStream<Uint8Array>> {
  const read = (position: string | null) =>
    deps.db.api.read(scope, (db) => feedbackPage(db, tenantId, filter, { limit: PAGE_ROWS, after: position }));
  return lineStream({ pageRows: PAGE_ROWS, first: await read(after), after, read, view: feedbackView });
}

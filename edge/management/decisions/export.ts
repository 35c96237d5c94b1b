import type { TenantContext } from "../context.ts";
import { lineStream } from "../line-stream.ts";
import { decisionPage } from "./decisions.store.ts";
import { storedFilter } from "./stored-filter.ts";
import type { DecisionFilter } from "./schema.ts";
import { decisionView } from "./view.ts";

/** Rows read at a time: what an export holds in memory, whatever its length. */
const PAGE_ROWS = 500;

/**
 * All matching receipts that come after the one `after`, newest first, one JSON object a line. The next page is read
 * when the reader has taken the one before. The first one is read before this answers, so that a failure there is an
 * error answer; a later failure breaks the stream off rather than end it as if it were complete.
 */
export async function exportDecisions(
  context: TenantContext,
  filter: DecisionFilter,
  after: string | null,
): Promise<ReadableStream<Uint8Array>> {
  const { deps, scope, tenantId } = context;
  const stored = await storedFilter(context, filter);
  const read = (position: string | null) =>
    deps.db.api.read(scope, (db) => decisionPage(db, tenantId, stored, { limit: PAGE_ROWS, after: position }));
  return lineStream({ pageRows: PAGE_ROWS, first: await read(after), after, read, view: decisionView });
}

import type { TenantContext } from "../context.ts";
import { decisionPage, type DecisionRow } from "./decisions.store.ts";
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
  let rows: readonly DecisionRow[] | null = await read(after);
  let position = after;
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        rows ??= await read(position);
        const shown = rows.slice(0, PAGE_ROWS);
        const last = rows.length <= PAGE_ROWS;
        position = shown.at(-1)?.id ?? position;
        rows = null;
        if (shown.length > 0) {
          controller.enqueue(encoder.encode(shown.map((row) => `${JSON.stringify(decisionView(row))}\n`).join("")));
        }
        if (last) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

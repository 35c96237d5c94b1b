import { openRecording } from "../../recordings/open-recording.ts";
import type { Recorded } from "../../recordings/recorded.schema.ts";
import type { TenantContext } from "../context.ts";
import type { Page } from "../page.ts";
import { sealedPage, type RecordingRow, type StoredRecordingFilter } from "./recordings.store.ts";

/** Recordings that are in memory at a time. */
const PAGE_ROWS = 20;

export interface OpenedRow {
  readonly row: RecordingRow;
  readonly said: Recorded;
}

/**
 * Up to `limit` of a router's recordings with what was said, newest first, a page in memory at a time. Those that do
 * not open are left out, and told to the log.
 */
export async function* openedRecordings(
  { deps, scope, tenantId }: TenantContext,
  routerId: string,
  filter: StoredRecordingFilter,
  limit: number,
): AsyncGenerator<OpenedRow> {
  let after: string | null = null;
  for (let left = limit; left > 0;) {
    const page: Page = { limit: Math.min(PAGE_ROWS, left), after };
    const rows = await deps.db.api.read(scope, (db) => sealedPage(db, tenantId, routerId, filter, page));
    for (const { sealed, ...row } of rows.slice(0, page.limit)) {
      const said = await openRecording(deps, { tenantId, decisionId: row.id, sealed });
      if (said !== null) yield { row, said };
      after = row.id;
    }
    left = rows.length > page.limit ? left - page.limit : 0;
  }
}

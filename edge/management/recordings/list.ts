import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { recordingPage } from "./recordings.store.ts";
import { routerOf } from "./router-of.ts";
import type { RecordingFilter, RecordingView } from "./schema.ts";
import { storedFilter } from "./stored-filter.ts";
import { recordingView } from "./view.ts";

/** A router's recordings, newest first, without what was said. */
export async function listRecordings(
  context: TenantContext,
  slug: string,
  filter: RecordingFilter,
  page: Page,
): Promise<Result<Listed<RecordingView>>> {
  const router = await routerOf(context, slug);
  if (!router.ok) return router;
  const { deps, scope, tenantId } = context;
  const stored = await storedFilter(context, filter);
  const rows = await deps.db.api.read(scope, (db) => recordingPage(db, tenantId, router.value, stored, page));
  return ok(listed(rows, page, recordingView));
}

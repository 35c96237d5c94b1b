import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { deleteRecordingRows } from "./recordings.store.ts";
import { routerOf } from "./router-of.ts";
import type { DeletedRecordings, RecordingFilter } from "./schema.ts";
import { storedFilter } from "./stored-filter.ts";

/** Recordings that one call deletes. */
const MAX_DELETED = 1_000;

/** Deletes a router's recordings, or those of one conversation, model, policy or time, a bounded number at a time. */
export async function deleteRecordings(
  context: TenantContext,
  slug: string,
  filter: RecordingFilter,
): Promise<Result<DeletedRecordings>> {
  const router = await routerOf(context, slug);
  if (!router.ok) return router;
  const { tenantId } = context;
  const stored = await storedFilter(context, filter);
  return write(context, async (tx) => {
    const deleted = await deleteRecordingRows(tx, tenantId, router.value, stored, MAX_DELETED);
    // A conversation's name may be a person's: that there was one is enough.
    const told = { ...filter, ...(filter.conversation !== undefined && { conversation: true }), deleted };
    const audit = { tenantId, action: "recording.delete_many", targetKind: "router", targetId: router.value };
    const value = { deleted, more: deleted === MAX_DELETED };
    return ok({ value, audit: deleted === 0 ? null : { ...audit, changes: difference({}, told) } });
  });
}

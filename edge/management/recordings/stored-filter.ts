import type { TenantContext } from "../context.ts";
import { conversationKeys } from "../decisions/stored-filter.ts";
import type { StoredRecordingFilter } from "./recordings.store.ts";
import type { RecordingFilter } from "./schema.ts";

/** A caller's filter in the terms that recordings are stored in. */
export async function storedFilter(context: TenantContext, filter: RecordingFilter): Promise<StoredRecordingFilter> {
  const { conversation, ...columns } = filter;
  return {
    ...columns,
    conversationKeys: conversation === undefined ? null : await conversationKeys(context, conversation),
  };
}

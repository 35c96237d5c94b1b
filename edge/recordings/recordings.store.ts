import type { EdgeDatabase } from "../db/client.ts";
import type { Sealed } from "../tenancy/snapshot.ts";

/** A recording as it is stored: cipher text, and what the decision's receipt says too. */
export interface RecordingRecord {
  readonly decision_id: string;
  readonly router_version: number;
  readonly conversation_key: string | null;
  readonly outcome: string | null;
  readonly policy: string | null;
  readonly model: string | null;
  readonly arm: string | null;
  readonly input_tokens: number | null;
  readonly cached_input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cost_usd: number | null;
  readonly sealed: Sealed;
  /** ISO 8601. */
  readonly created_at: string;
}

/** False when the router's published version does not ask for it (any more), or it is there already. */
export async function storeRecording(
  db: Pick<EdgeDatabase, "query">,
  tenantId: string,
  routerId: string,
  record: RecordingRecord,
): Promise<boolean> {
  const text = "select signalbox.record_conversation($1, $2, $3::jsonb) as recorded";
  const [row] = await db.query<{ recorded: boolean }>(text, [tenantId, routerId, JSON.stringify(record)]);
  return row?.recorded ?? false;
}

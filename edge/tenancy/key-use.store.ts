import type { EdgeDatabase } from "../db/client.ts";

interface Use {
  readonly tenantId: string;
  readonly keyId: string;
  readonly at: number;
}

/** Writes when a key was last used, unless the same minute is there already or somebody holds the key. */
export async function touchKey(db: Pick<EdgeDatabase, "query">, { tenantId, keyId, at }: Use): Promise<void> {
  const record = { tenant_id: tenantId, key_id: keyId, created_at: new Date(at).toISOString() };
  await db.query("select signalbox.touch_keys($1::jsonb)", [JSON.stringify([record])]);
}

import type { EdgeDatabase } from "../db/client.ts";

interface SnapshotQuery {
  readonly keyHash: string;
  /** The revision the caller holds for this very key; the answer is tiny when it is still the current one. */
  readonly knownRevision: number | null;
  readonly signal: AbortSignal;
}

/** What the database says about a key, not yet validated: a snapshot row, or null when nobody has that key. */
export async function loadSnapshot(
  db: Pick<EdgeDatabase, "query">,
  { keyHash, knownRevision, signal }: SnapshotQuery,
): Promise<unknown> {
  const text = "select signalbox.edge_snapshot($1, $2::bigint) as snapshot";
  const [row] = await db.query<{ snapshot: unknown }>(text, [keyHash, knownRevision], { signal });
  return row?.snapshot ?? null;
}

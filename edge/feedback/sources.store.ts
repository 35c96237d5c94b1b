import type { EdgeDatabase } from "../db/client.ts";
import type { Sealed } from "../tenancy/snapshot.ts";

/** A feedback source as the edge may see it. */
export interface Source {
  readonly tenant_id: string;
  /** Whether its tenant is. */
  readonly active: boolean;
  readonly secrets: readonly { readonly id: string; readonly sealed: Sealed }[];
}

/** The source of this id with the secrets that are in force at `now` (ms); null when there is none. */
export async function sourceById(db: Pick<EdgeDatabase, "query">, id: string, now: number): Promise<Source | null> {
  const text = "select signalbox.feedback_source($1, $2) as source";
  const [row] = await db.query<{ source: Source | null }>(text, [id, new Date(now).toISOString()]);
  return row?.source ?? null;
}

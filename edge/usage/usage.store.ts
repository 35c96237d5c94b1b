import type { EdgeDatabase } from "../db/client.ts";
import type { DecisionRecord } from "./decision-record.ts";

/** Appends decision rows in one round trip. Rows that are there already, by tenant and id, are left as they are. */
export async function appendDecisions(
  db: Pick<EdgeDatabase, "query">,
  records: readonly DecisionRecord[],
): Promise<void> {
  await db.query("select signalbox.append_decisions($1::jsonb)", [JSON.stringify(records)]);
}

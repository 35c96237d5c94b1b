import type { EdgeDatabase } from "../db/client.ts";
import type { DecisionRecord } from "./decision-record.ts";

type Database = Pick<EdgeDatabase, "query">;

/** A message that could not become a row. */
export interface DeadLetter {
  /** As JSON text. */
  readonly body: string;
  /** A code, never a text that could quote the body. */
  readonly reason: string;
  /** Whose it says it is. */
  readonly tenant_id: string | null;
}

/**
 * Appends decision rows in one round trip. Rows that are there already, by tenant and id, are left as they are; what no
 * row can hold becomes a dead letter.
 */
export async function appendDecisions(
  db: Database,
  records: readonly DecisionRecord[],
  signal?: AbortSignal,
): Promise<void> {
  const text = "select signalbox.append_decisions($1::jsonb)";
  await db.query(text, [JSON.stringify(records)], signal === undefined ? {} : { signal });
}

/** Keeps what could not be stored, each letter once. */
export async function keepDeadLetters(
  db: Database,
  letters: readonly DeadLetter[],
  signal: AbortSignal,
): Promise<void> {
  await db.query("select signalbox.keep_dead_letters($1::jsonb)", [JSON.stringify(letters)], { signal });
}

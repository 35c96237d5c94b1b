import pg from "pg";
import { makeId } from "../../edge/ids.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { decisionRecord } from "../stack/decision-record.ts";
import { stack } from "../stack/provided.ts";

/** A receipt of a request that arrived at `atMs`. */
export function receipt(tenantId: string, atMs: number, more: Partial<DecisionRecord> = {}): DecisionRecord {
  return decisionRecord({
    id: makeId("decision", atMs, Math.random),
    tenant_id: tenantId,
    created_at: new Date(atMs).toISOString(),
    confidence: 0.75,
    alternatives: [{ policy: null, probability: 0.25 }],
    conversation_key: null,
    conversation_key_source: null,
    upstream_model: "small",
    cached_input_tokens: 0,
    ...more,
  });
}

/** Appends receipts the way the usage sink does, as the edge's role. */
export async function append(records: readonly DecisionRecord[]): Promise<void> {
  const client = new pg.Client(stack().edgeUrl);
  await client.connect();
  try {
    await client.query("select signalbox.append_decisions($1)", [JSON.stringify(records)]);
  } finally {
    await client.end();
  }
}

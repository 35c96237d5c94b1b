import pg from "pg";
import { makeId } from "../../edge/ids.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { stack } from "../stack/provided.ts";

/** A receipt of a request that arrived at `atMs`. */
export function receipt(tenantId: string, atMs: number, more: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    id: makeId("decision", atMs, Math.random),
    tenant_id: tenantId,
    key_id: "key_x",
    request_id: "req_x",
    created_at: new Date(atMs).toISOString(),
    kind: "completion",
    router: "default",
    router_version: 1,
    policy_digest: "d".repeat(64),
    outcome: "matched",
    policy: "code",
    confidence: 0.75,
    alternatives: [{ policy: null, probability: 0.25 }],
    source: "engine",
    engine: "embedded@1",
    unsure_reason: null,
    conversation_key: null,
    conversation_key_source: null,
    arm: null,
    requested_model: "auto",
    model: "small",
    provider: "echo",
    upstream_model: "small",
    attempts: 1,
    stream: false,
    request_status: "completed",
    http_status: 200,
    error_code: null,
    finish_reason: "stop",
    input_tokens: 10,
    cached_input_tokens: 0,
    output_tokens: 5,
    reasoning_tokens: null,
    estimated: false,
    cost_usd: 0.001,
    timings_ms: { total: 12 },
    ...more,
  };
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

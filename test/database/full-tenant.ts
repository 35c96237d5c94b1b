import { randomBytes, randomInt } from "node:crypto";
import type pg from "pg";
import { makeId } from "../../edge/ids.ts";
import type { DecisionRecord } from "../../edge/usage/decision-record.ts";
import { decisionRecord } from "../stack/decision-record.ts";

const random = (): number => randomInt(2 ** 47) / 2 ** 47;

/** Ids and the key hash of a tenant with a row in every table of the schema. */
export interface FullTenant {
  readonly id: string;
  readonly keyId: string;
  readonly keyHash: string;
}

export const DOCUMENT = {
  policies: [{ name: "code", description: "Write code", domain: "coding" }],
  targets: { code: { model: "m" } },
  fallback: { model: "m" },
  unsure: null,
  settings: { engine: "default", deadline_ms: 250, min_confidence: 0, mode: "enforce" },
};

/** An id as the worker makes it. */
export const newId = (kind: Parameters<typeof makeId>[0], now = Date.now()): string => makeId(kind, now, random);

/** A receipt of one of these tenants, made now. */
export function tenantReceipt(tenantId: string, fields: Partial<DecisionRecord> = {}): DecisionRecord {
  return decisionRecord({
    id: newId("decision"),
    tenant_id: tenantId,
    created_at: new Date().toISOString(),
    confidence: 0.75,
    alternatives: [{ policy: null, probability: 0.25 }],
    model: "m",
    provider: "p",
    upstream_model: "m",
    stream: true,
    input_tokens: 12,
    cached_input_tokens: 0,
    output_tokens: 34,
    timings_ms: { decide: 4, total: 40 },
    ...fields,
  });
}

/** Makes a tenant and fills every table with a row of it, as superuser, past the API. */
export async function makeFullTenant(admin: pg.Client): Promise<FullTenant> {
  const id = newId("tenant");
  const keyId = newId("key");
  const keyHash = randomBytes(32).toString("hex");
  const insert = (table: string, row: Record<string, unknown>): Promise<unknown> => {
    const names = Object.keys(row);
    const places = names.map((_, index) => `$${String(index + 1)}`);
    const values = Object.values(row).map((v) => (typeof v === "object" && v !== null ? JSON.stringify(v) : v));
    return admin.query(`INSERT INTO signalbox.${table} (${names.join()}) VALUES (${places.join()})`, values);
  };
  const tenant = { tenant_id: id };
  await insert("tenants", { id, name: "Full" });
  await insert("api_keys", {
    ...tenant,
    id: keyId,
    name: "k",
    environment: "dev",
    hash: keyHash,
    display_prefix: "sbx_dev_k",
    scopes: ["inference"],
    allowed_models: ["m"],
    expires_at: "2030-01-02T03:04:05.678Z",
  });
  const sealed = { key_id: "k", nonce: "n", ciphertext: "c" };
  const address = { base_url: "https://p.example/v1", credential: sealed };
  await insert("providers", { ...tenant, id: "prv_1", slug: "p", kind: "openai-compatible", ...address });
  await insert("feedback_sources", { ...tenant, id: newId("feedback_source"), name: "f" });
  const [source] = (await admin.query("SELECT id FROM signalbox.feedback_sources WHERE tenant_id = $1", [id])).rows;
  await insert("feedback_secrets", { ...tenant, id: "fsc_1", source_id: source?.id, sealed });
  await insert("models", {
    ...tenant,
    id: "mdl_1",
    slug: "m",
    provider_id: "prv_1",
    upstream_model: "up/m",
    prices: { input_per_million: 0.25, output_per_million: 2 },
    context_window: 4096,
    modalities: ["text", "image"],
    capabilities: { tools: false },
    timeouts: { total_ms: 1000 },
  });
  await insert("routers", { ...tenant, id: "rtr_1", slug: "default" });
  await insert("router_drafts", { ...tenant, router_id: "rtr_1", etag: "e", document: DOCUMENT });
  const published = { policy_digest: "d".repeat(64), published_by: keyId };
  await insert("router_versions", { ...tenant, router_id: "rtr_1", version: 1, document: DOCUMENT, ...published });
  await admin.query("UPDATE signalbox.routers SET published_version = 1 WHERE tenant_id = $1", [id]);
  const shadow = { percent: 10, max_output_tokens: 100, tokens_per_day: 1_000, deadline_ms: 1_000 };
  const spent = { shadow_day: "2026-01-02", shadow_tokens: 1_000 };
  const split = { policy: "code", candidate: { model: "m" }, percent: 5, shadow, ...spent };
  await insert("rollouts", { ...tenant, id: "rol_1", router_id: "rtr_1", ...split });
  const engine = { policy: null, candidate: { engine: "big" }, percent: 7 };
  await insert("rollouts", { ...tenant, id: "rol_2", router_id: "rtr_1", ...engine });
  const golden = { messages: [{ role: "user", content: "Fix it" }], expected: ["code"] };
  await insert("golden_cases", { ...tenant, id: "gld_1", router_id: "rtr_1", ...golden });
  const digests = { document_digest: "d", policy_digest: "d" };
  const run = { revision: "draft", document: DOCUMENT, ...digests, cases: 1, status: "cancelled" };
  await insert("evaluations", { ...tenant, id: "evl_1", router_id: "rtr_1", ...run });
  await insert("evaluation_cases", { ...tenant, evaluation_id: "evl_1", place: 0, ...golden });
  const receipt = tenantReceipt(id);
  await admin.query("SELECT signalbox.append_decisions($1)", [JSON.stringify([receipt])]);
  const kept = { router_id: "rtr_1", router_version: 1, sealed, key_id: "k", created_at: receipt.created_at };
  await insert("recordings", { ...tenant, decision_id: receipt.id, ...kept, expires_at: "2999-01-01T00:00:00Z" });
  const event = { place: 0, id: newId("feedback"), event_id: "e", digest: "d", decision: receipt.id, metric: "m" };
  const given = JSON.stringify([{ ...event, score: 1, given_at: receipt.created_at, at: receipt.created_at }]);
  await admin.query("SELECT signalbox.record_feedback($1, 'inference', $2, $3)", [id, keyId, given]);
  const none = { input_tokens: 0, cached_input_tokens: 0, output_tokens: 0 };
  const routing = Object.fromEntries(Object.entries(none).map(([name, count]) => [`routing_${name}`, count]));
  const sums = { ...none, ...routing, reasoning_tokens: 0, cost_usd: 0, routing_cost_usd: 0, latency: {} };
  const hour = { hour: "2026-01-01T00:00:00Z", slice: 1, key_id: keyId, requests: 1, errors: 0, estimated: 0 };
  await insert("usage_hourly", { ...tenant, ...hour, ...sums });
  await insert("idempotency_keys", { ...tenant, scope_hash: "s", body_hash: "b", response: {} });
  const entry = { actor: keyId, action: "a", target_kind: "t", target_id: "t", changes: {}, request_id: "r" };
  await insert("audit_log", { ...tenant, id: newId("audit"), ...entry });
  const operatorEntry = { action: "a", changes: {}, request_id: "r" };
  await insert("operator_audit_log", { ...tenant, id: newId("audit"), ...operatorEntry });
  await insert("operator_idempotency_keys", { scope_hash: newId("request"), body_hash: "b", response: {} });
  return { id, keyId, keyHash };
}

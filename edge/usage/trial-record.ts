import type { Reading } from "../routing/decision.ts";
import type { Prices } from "../tenancy/snapshot.ts";
import type { DecisionRecord } from "./decision-record.ts";
import { routingSpend } from "./routing-spend.ts";

/** For whom something is decided that nothing is served by. */
export interface TrialOwner {
  readonly tenantId: string;
  /** Of the key that asked for it. */
  readonly keyId: string;
  /** Slug of the router that is tried. */
  readonly router: string;
  readonly requestId: string;
}

interface Made {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly enginePrices: Readonly<Record<string, Prices>>;
}

/** What a trial took, as one receipt that says nothing of any request; null when no router model counted anything. */
export function trialRecord(
  { tenantId, keyId, router, requestId }: TrialOwner,
  readings: readonly Reading[],
  { id, atMs, enginePrices }: Made,
): DecisionRecord | null {
  const { decisions, spend } = routingSpend(readings, enginePrices);
  if (decisions === 0) return null;
  return {
    id,
    tenant_id: tenantId,
    key_id: keyId,
    request_id: requestId,
    created_at: new Date(atMs).toISOString(),
    kind: "trial",
    router,
    router_version: null,
    policy_digest: null,
    outcome: null,
    policy: null,
    confidence: null,
    alternatives: [],
    source: "engine",
    engine: null,
    unsure_reason: null,
    conversation_key: null,
    conversation_key_source: null,
    arm: null,
    routing_arm: null,
    agrees: null,
    requested_model: `router/${router}`,
    model: null,
    provider: null,
    upstream_model: null,
    attempts: 0,
    stream: false,
    request_status: "routed",
    http_status: 200,
    error_code: null,
    finish_reason: null,
    input_tokens: null,
    cached_input_tokens: null,
    output_tokens: null,
    reasoning_tokens: null,
    estimated: false,
    cost_usd: null,
    ...spend,
    deciding: null,
    trial_decisions: decisions,
    timings_ms: {},
  };
}

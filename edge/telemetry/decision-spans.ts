import type { DecisionRecord } from "../usage/decision-record.ts";
import type { Attributes, TelemetrySpan } from "./otlp.ts";
import { traceIdsOf } from "./trace-ids.ts";

const FAILED = ["failed", "interrupted", "refused"];

/**
 * A receipt as spans of the GenAI semantic conventions (https://opentelemetry.io/docs/specs/semconv/gen-ai/): one for
 * the call of a model, if one was asked for, and within it one for the decision. Holds no prompt and no answer.
 */
export function decisionSpans(decision: DecisionRecord): TelemetrySpan[] {
  // What trials took is no request and no one decision.
  if (decision.kind === "trial") return [];
  const ids = traceIdsOf(decision.id);
  const startMs = Date.parse(decision.created_at);
  const endMs = startMs + (decision.timings_ms["total"] ?? 0);
  const common = { traceId: ids.traceId, startMs, endMs, failed: FAILED.includes(decision.request_status) };
  const isCall = decision.kind !== "route" && decision.request_status !== "routed";
  const call: TelemetrySpan = {
    ...common,
    spanId: ids.spanId,
    parentSpanId: null,
    name: ["chat", decision.upstream_model ?? []].flat().join(" "),
    kind: "client",
    attributes: { ...identity(decision), ...callAttributes(decision) },
  };
  // A copy's decision is its request's: no router model was asked for it, and often no other model.
  if (decision.kind === "shadow" && decision.request_status !== "routed") {
    return decision.attempts === 0
      ? []
      : [{ ...call, attributes: { ...call.attributes, ...routeAttributes(decision) } }];
  }
  if (decision.router === null) return isCall ? [call] : [];
  const decidedMs = startMs + (decision.timings_ms["auth"] ?? 0);
  const route: TelemetrySpan = {
    ...common,
    spanId: ids.routeSpanId,
    parentSpanId: isCall ? ids.spanId : null,
    name: `route ${decision.router}`,
    kind: "internal",
    startMs: decidedMs,
    endMs: decidedMs + (decision.timings_ms["decide"] ?? 0),
    failed: decision.source.startsWith("fallback:"),
    attributes: { ...identity(decision), ...routeAttributes(decision) },
  };
  return isCall ? [call, route] : [route];
}

const identity = (decision: DecisionRecord): Attributes => ({
  "signalbox.tenant.id": decision.tenant_id,
  "signalbox.decision.id": decision.id,
  "signalbox.request.id": decision.request_id,
  "signalbox.key.id": decision.key_id,
});

const callAttributes = (decision: DecisionRecord): Attributes => ({
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": decision.provider ?? "signalbox",
  "gen_ai.request.model": decision.upstream_model,
  "gen_ai.request.stream": decision.stream,
  "gen_ai.conversation.id": decision.conversation_key,
  "gen_ai.response.finish_reasons": decision.finish_reason === null ? null : [decision.finish_reason],
  "gen_ai.response.time_to_first_chunk":
    decision.stream && decision.timings_ms["first_byte"] !== undefined
      ? { double: decision.timings_ms["first_byte"] / 1_000 }
      : null,
  "gen_ai.usage.input_tokens": decision.input_tokens,
  "gen_ai.usage.cache_read.input_tokens": decision.cached_input_tokens,
  "gen_ai.usage.output_tokens": decision.output_tokens,
  "gen_ai.usage.reasoning.output_tokens": decision.reasoning_tokens,
  "http.response.status_code": decision.http_status,
  "error.type": FAILED.includes(decision.request_status) ? (decision.error_code ?? "_OTHER") : null,
  "signalbox.status": decision.request_status,
  "signalbox.model": decision.model,
  "signalbox.model.requested": decision.requested_model,
  "signalbox.attempts": decision.attempts,
  "signalbox.usage.estimated": decision.estimated,
  "signalbox.usage.cost_usd": decision.cost_usd === null ? null : { double: decision.cost_usd },
});

const routeAttributes = (decision: DecisionRecord): Attributes => ({
  "signalbox.router": decision.router,
  "signalbox.router.version": decision.router_version,
  "signalbox.policy": decision.policy,
  "signalbox.outcome": decision.outcome,
  "signalbox.confidence": decision.confidence === null ? null : { double: decision.confidence },
  "signalbox.source": decision.source,
  "signalbox.engine": decision.engine,
  "signalbox.arm": decision.arm,
  "signalbox.routing_arm": decision.routing_arm,
  "signalbox.routing.input_tokens": decision.routing_input_tokens,
  "signalbox.routing.cached_input_tokens": decision.routing_cached_input_tokens,
  "signalbox.routing.output_tokens": decision.routing_output_tokens,
  "signalbox.routing.cost_usd": decision.routing_cost_usd === null ? null : { double: decision.routing_cost_usd },
});

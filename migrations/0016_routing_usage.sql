SET LOCAL ROLE signalbox_owner;

-- What the router model's own calls took, apart from the answer's. Partitions get the columns from their parent.
ALTER TABLE signalbox.decisions
  ADD COLUMN routing_input_tokens integer,
  ADD COLUMN routing_cached_input_tokens integer,
  ADD COLUMN routing_output_tokens integer,
  ADD COLUMN routing_cost_usd double precision;

-- As before, with the new columns.
CREATE OR REPLACE FUNCTION signalbox.insert_decisions(p_records jsonb) RETURNS integer
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH inserted AS (
    INSERT INTO signalbox.decisions (
      tenant_id, day, id, key_id, request_id, created_at, kind, router, router_version, policy_digest, outcome, policy,
      confidence, alternatives, source, engine, unsure_reason, conversation_key, conversation_key_source, arm,
      requested_model, model, provider, upstream_model, attempts, stream, request_status, http_status, error_code,
      finish_reason, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, estimated, cost_usd, timings_ms,
      routing_input_tokens, routing_cached_input_tokens, routing_output_tokens, routing_cost_usd
    )
    SELECT
      r.tenant_id, signalbox.id_day(r.id), r.id, r.key_id, r.request_id, r.created_at, r.kind, r.router,
      r.router_version, r.policy_digest, r.outcome, r.policy, r.confidence, r.alternatives, r.source, r.engine,
      r.unsure_reason, r.conversation_key, r.conversation_key_source, r.arm, r.requested_model, r.model, r.provider,
      r.upstream_model, r.attempts, r.stream, r.request_status, r.http_status, r.error_code, r.finish_reason,
      signalbox.clamp_count(r.input_tokens), signalbox.clamp_count(r.cached_input_tokens),
      signalbox.clamp_count(r.output_tokens), signalbox.clamp_count(r.reasoning_tokens), r.estimated, r.cost_usd,
      r.timings_ms, signalbox.clamp_count(r.routing_input_tokens), signalbox.clamp_count(r.routing_cached_input_tokens),
      signalbox.clamp_count(r.routing_output_tokens), r.routing_cost_usd
    FROM jsonb_to_recordset(p_records) AS r (
      tenant_id text, id text, key_id text, request_id text, created_at timestamptz, kind text, router text,
      router_version integer, policy_digest text, outcome text, policy text, confidence double precision,
      alternatives jsonb, source text, engine text, unsure_reason text, conversation_key text,
      conversation_key_source text, arm text, requested_model text, model text, provider text, upstream_model text,
      attempts integer, stream boolean, request_status text, http_status integer, error_code text, finish_reason text,
      input_tokens numeric, cached_input_tokens numeric, output_tokens numeric, reasoning_tokens numeric,
      estimated boolean, cost_usd double precision, timings_ms jsonb, routing_input_tokens numeric,
      routing_cached_input_tokens numeric, routing_output_tokens numeric, routing_cost_usd double precision
    )
    JOIN signalbox.tenants t ON t.id = r.tenant_id AND t.status <> 'deleting'
    ON CONFLICT (tenant_id, day, id) DO NOTHING
    RETURNING 1
  )
  SELECT count(*)::integer FROM inserted
$$;

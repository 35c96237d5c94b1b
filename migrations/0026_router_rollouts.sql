SET LOCAL ROLE signalbox_owner;

-- A rollout without a policy is one of a router's own model: its candidate is an engine. A router has one open.
ALTER TABLE signalbox.rollouts
  ALTER COLUMN policy DROP NOT NULL,
  ADD CONSTRAINT rollouts_candidate_kind CHECK ((policy IS NULL) = (candidate ? 'engine'));
CREATE UNIQUE INDEX rollouts_open_router_key ON signalbox.rollouts (tenant_id, router_id)
  WHERE policy IS NULL AND status IN ('running', 'paused');

-- Beside the arm of the policy's rollout, the arm of the router's; and of a copy of a decision, whether it agrees.
ALTER TABLE signalbox.decisions ADD COLUMN routing_arm text, ADD COLUMN agrees boolean;
CREATE INDEX decisions_routing_arm_idx ON signalbox.decisions (tenant_id, routing_arm) WHERE routing_arm IS NOT NULL;

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
      routing_input_tokens, routing_cached_input_tokens, routing_output_tokens, routing_cost_usd,
      routing_arm, agrees
    )
    SELECT
      r.tenant_id, signalbox.id_day(r.id), r.id, r.key_id, r.request_id, r.created_at, r.kind, r.router,
      r.router_version, r.policy_digest, r.outcome, r.policy, r.confidence, r.alternatives, r.source, r.engine,
      r.unsure_reason, r.conversation_key, r.conversation_key_source, r.arm, r.requested_model, r.model, r.provider,
      r.upstream_model, r.attempts, r.stream, r.request_status, r.http_status, r.error_code, r.finish_reason,
      signalbox.clamp_count(r.input_tokens), signalbox.clamp_count(r.cached_input_tokens),
      signalbox.clamp_count(r.output_tokens), signalbox.clamp_count(r.reasoning_tokens), r.estimated, r.cost_usd,
      r.timings_ms, signalbox.clamp_count(r.routing_input_tokens), signalbox.clamp_count(r.routing_cached_input_tokens),
      signalbox.clamp_count(r.routing_output_tokens), r.routing_cost_usd, r.routing_arm, r.agrees
    FROM jsonb_to_recordset(p_records) AS r (
      tenant_id text, id text, key_id text, request_id text, created_at timestamptz, kind text, router text,
      router_version integer, policy_digest text, outcome text, policy text, confidence double precision,
      alternatives jsonb, source text, engine text, unsure_reason text, conversation_key text,
      conversation_key_source text, arm text, requested_model text, model text, provider text, upstream_model text,
      attempts integer, stream boolean, request_status text, http_status integer, error_code text, finish_reason text,
      input_tokens numeric, cached_input_tokens numeric, output_tokens numeric, reasoning_tokens numeric,
      estimated boolean, cost_usd double precision, timings_ms jsonb, routing_input_tokens numeric,
      routing_cached_input_tokens numeric, routing_output_tokens numeric, routing_cost_usd double precision,
      routing_arm text, agrees boolean
    )
    JOIN signalbox.tenants t ON t.id = r.tenant_id AND t.status <> 'deleting'
    JOIN signalbox.decision_retention k
      ON coalesce(signalbox.id_day(r.id) >= k.since, true) AND r.created_at >= k.since AT TIME ZONE 'UTC'
    ON CONFLICT (tenant_id, day, id) DO NOTHING
    RETURNING tenant_id, created_at
  ), marked AS (
    INSERT INTO signalbox.usage_stale
    SELECT DISTINCT tenant_id, date_trunc('hour', created_at, 'UTC') FROM inserted ORDER BY 1, 2
    ON CONFLICT DO NOTHING
  )
  SELECT count(*)::integer FROM inserted
$$;

-- As before; the arms of a router's rollout are those its decisions had.
CREATE OR REPLACE FUNCTION signalbox.rollout_batches(p_tenant_id text, p_id text, p_before timestamptz)
  RETURNS TABLE (batch timestamptz, arm text, requests integer, failed integer, slow_first_byte integer,
    slow_total integer, costed integer, cost double precision, cost_squares double precision)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT date_bin('15 minutes', d.created_at, '2000-01-01Z') AS batch, split_part(CASE WHEN o.policy IS NULL THEN d.routing_arm ELSE d.arm END, '@', 1), count(*)::integer,
    count(*) FILTER (WHERE d.request_status IN ('failed', 'interrupted') OR d.attempts > 1)::integer,
    count(*) FILTER (WHERE (d.timings_ms ->> 'first_byte')::double precision
      > (o.guardrails #>> '{slow_first_byte,over_ms}')::double precision)::integer,
    count(*) FILTER (WHERE (d.timings_ms ->> 'total')::double precision
      > (o.guardrails #>> '{slow_total,over_ms}')::double precision)::integer,
    count(d.cost_usd)::integer, coalesce(sum(d.cost_usd), 0), coalesce(sum(d.cost_usd * d.cost_usd), 0)
  FROM signalbox.rollouts o
  JOIN signalbox.decisions d ON d.tenant_id = o.tenant_id AND (
    d.arm IN ('control@' || o.id, 'candidate@' || o.id)
    OR d.routing_arm IN ('control@' || o.id, 'candidate@' || o.id)
  )
  WHERE o.tenant_id = p_tenant_id AND o.id = p_id AND d.kind = 'completion'
    AND d.request_status IN ('completed', 'failed', 'interrupted')
    AND d.created_at < date_bin('15 minutes', p_before, '2000-01-01Z')
  GROUP BY 1, 2 ORDER BY 1, 2
$$;

-- As before, with what copies of decisions took.
CREATE OR REPLACE FUNCTION signalbox.spend_shadow_tokens() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_spent record;
BEGIN
  FOR v_spent IN
    SELECT tenant_id, split_part(coalesce(arm, routing_arm), '@', 2) AS id, (created_at AT TIME ZONE 'UTC')::date AS day,
      sum(coalesce(input_tokens, 0)::bigint + coalesce(output_tokens, 0)
        + coalesce(routing_input_tokens, 0) + coalesce(routing_output_tokens, 0)) AS tokens
    FROM added WHERE kind = 'shadow' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  LOOP
    UPDATE signalbox.rollouts SET shadow_day = v_spent.day,
      shadow_tokens = v_spent.tokens + CASE WHEN shadow_day = v_spent.day THEN shadow_tokens ELSE 0 END
      WHERE tenant_id = v_spent.tenant_id AND id = v_spent.id AND shadow IS NOT NULL
        AND coalesce(shadow_day <= v_spent.day, true);
  END LOOP;
  RETURN NULL;
END
$$;

-- As before, with the rollouts of routers apart from those of policies.
CREATE OR REPLACE FUNCTION signalbox.edge_snapshot(p_key_hash text, p_known_revision bigint) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN c.snapshot ? 'tenant'
    THEN c.snapshot || jsonb_build_object('rollouts', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', o.id, 'router', r.slug, 'policy', o.policy, 'candidate', o.candidate, 'percent', o.percent,
        'shadow', o.shadow, 'shadow_exhausted_on',
        CASE WHEN o.shadow_tokens >= (o.shadow ->> 'tokens_per_day')::bigint THEN o.shadow_day END
      ) ORDER BY o.id)
      FROM signalbox.rollouts o
      JOIN signalbox.routers r ON r.tenant_id = o.tenant_id AND r.id = o.router_id
      WHERE o.tenant_id = c.snapshot #>> '{tenant,id}' AND o.status = 'running'
        AND o.policy IS NOT NULL
    ), '[]'), 'router_rollouts', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', o.id, 'router', r.slug, 'candidate', o.candidate, 'percent', o.percent, 'shadow', o.shadow,
        'shadow_exhausted_on',
        CASE WHEN o.shadow_tokens >= (o.shadow ->> 'tokens_per_day')::bigint THEN o.shadow_day END
      ) ORDER BY o.id)
      FROM signalbox.rollouts o
      JOIN signalbox.routers r ON r.tenant_id = o.tenant_id AND r.id = o.router_id
      WHERE o.tenant_id = c.snapshot #>> '{tenant,id}' AND o.status = 'running' AND o.policy IS NULL
    ), '[]'))
    ELSE c.snapshot
  END
  FROM signalbox.configuration_snapshot(p_key_hash, p_known_revision) AS c (snapshot)
$$;

SET LOCAL ROLE signalbox_owner;

-- A receipt of kind `trial` says what the router model's calls took that no request caused: those of an evaluation, a
-- tuning, a gate or a dry run, of which it counts the decisions. It is a receipt so that it is kept, summed up and
-- removed as they are, and once, however often it is appended.
ALTER TABLE signalbox.usage_hourly
  ADD COLUMN trial_decisions bigint NOT NULL DEFAULT 0,
  ADD COLUMN trial_input_tokens bigint NOT NULL DEFAULT 0,
  ADD COLUMN trial_cached_input_tokens bigint NOT NULL DEFAULT 0,
  ADD COLUMN trial_output_tokens bigint NOT NULL DEFAULT 0,
  ADD COLUMN trial_cost_usd numeric NOT NULL DEFAULT 0;
-- After the sums, as whoever reads both does: the other way round they would wait for each other.
ALTER TABLE signalbox.decisions ADD COLUMN trial_decisions integer;

-- As before, with that.
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
      routing_arm, agrees, deciding, trial_decisions
    )
    SELECT
      r.tenant_id, signalbox.id_day(r.id), r.id, r.key_id, r.request_id, r.created_at, r.kind, r.router,
      r.router_version, r.policy_digest, r.outcome, r.policy, r.confidence, r.alternatives, r.source, r.engine,
      r.unsure_reason, r.conversation_key, r.conversation_key_source, r.arm, r.requested_model, r.model, r.provider,
      r.upstream_model, r.attempts, r.stream, r.request_status, r.http_status, r.error_code, r.finish_reason,
      signalbox.clamp_count(r.input_tokens), signalbox.clamp_count(r.cached_input_tokens),
      signalbox.clamp_count(r.output_tokens), signalbox.clamp_count(r.reasoning_tokens), r.estimated, r.cost_usd,
      r.timings_ms, signalbox.clamp_count(r.routing_input_tokens), signalbox.clamp_count(r.routing_cached_input_tokens),
      signalbox.clamp_count(r.routing_output_tokens), r.routing_cost_usd, r.routing_arm, r.agrees, r.deciding,
      r.trial_decisions
    FROM jsonb_to_recordset(p_records) AS r (
      tenant_id text, id text, key_id text, request_id text, created_at timestamptz, kind text, router text,
      router_version integer, policy_digest text, outcome text, policy text, confidence double precision,
      alternatives jsonb, source text, engine text, unsure_reason text, conversation_key text,
      conversation_key_source text, arm text, requested_model text, model text, provider text, upstream_model text,
      attempts integer, stream boolean, request_status text, http_status integer, error_code text, finish_reason text,
      input_tokens numeric, cached_input_tokens numeric, output_tokens numeric, reasoning_tokens numeric,
      estimated boolean, cost_usd double precision, timings_ms jsonb, routing_input_tokens numeric,
      routing_cached_input_tokens numeric, routing_output_tokens numeric, routing_cost_usd double precision,
      routing_arm text, agrees boolean, deciding jsonb, trial_decisions integer
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

-- As before, and of trials what they took, in no other sum.
CREATE OR REPLACE FUNCTION signalbox.usage_of(p_tenant_id text, p_from timestamptz, p_to timestamptz)
  RETURNS SETOF signalbox.usage_hourly
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH binned AS (
    SELECT date_trunc('hour', d.created_at, 'UTC') AS hour, d.model, d.policy, d.key_id, d.router,
      CASE WHEN d.kind = 'completion' THEN signalbox.latency_bin((d.timings_ms ->> 'total')::double precision) END AS bin,
      count(*) FILTER (WHERE d.kind = 'completion') AS requests,
      count(*) FILTER (WHERE d.kind = 'completion' AND d.request_status IN ('failed', 'interrupted')) AS errors,
      count(*) FILTER (WHERE d.kind = 'completion' AND d.estimated) AS estimated,
      coalesce(sum(d.input_tokens) FILTER (WHERE d.kind = 'completion'), 0) AS input_tokens,
      coalesce(sum(d.cached_input_tokens) FILTER (WHERE d.kind = 'completion'), 0) AS cached_input_tokens,
      coalesce(sum(d.output_tokens) FILTER (WHERE d.kind = 'completion'), 0) AS output_tokens,
      coalesce(sum(d.reasoning_tokens) FILTER (WHERE d.kind = 'completion'), 0) AS reasoning_tokens,
      coalesce(sum(d.cost_usd::numeric) FILTER (WHERE d.kind = 'completion'), 0) AS cost_usd,
      coalesce(sum(d.routing_input_tokens) FILTER (WHERE d.kind IN ('completion', 'route')), 0) AS routing_input_tokens,
      coalesce(sum(d.routing_cached_input_tokens)
        FILTER (WHERE d.kind IN ('completion', 'route')), 0) AS routing_cached_input_tokens,
      coalesce(sum(d.routing_output_tokens)
        FILTER (WHERE d.kind IN ('completion', 'route')), 0) AS routing_output_tokens,
      coalesce(sum(d.routing_cost_usd::numeric)
        FILTER (WHERE d.kind IN ('completion', 'route')), 0) AS routing_cost_usd,
      count(*) FILTER (WHERE d.kind = 'shadow') AS shadow_requests,
      coalesce(sum(coalesce(d.input_tokens, 0) + coalesce(d.routing_input_tokens, 0))
        FILTER (WHERE d.kind = 'shadow'), 0) AS shadow_input_tokens,
      coalesce(sum(coalesce(d.output_tokens, 0) + coalesce(d.routing_output_tokens, 0))
        FILTER (WHERE d.kind = 'shadow'), 0) AS shadow_output_tokens,
      coalesce(sum(coalesce(d.cost_usd, 0)::numeric + coalesce(d.routing_cost_usd, 0)::numeric)
        FILTER (WHERE d.kind = 'shadow'), 0) AS shadow_cost_usd,
      coalesce(sum(d.trial_decisions) FILTER (WHERE d.kind = 'trial'), 0) AS trial_decisions,
      coalesce(sum(d.routing_input_tokens) FILTER (WHERE d.kind = 'trial'), 0) AS trial_input_tokens,
      coalesce(sum(d.routing_cached_input_tokens) FILTER (WHERE d.kind = 'trial'), 0) AS trial_cached_input_tokens,
      coalesce(sum(d.routing_output_tokens) FILTER (WHERE d.kind = 'trial'), 0) AS trial_output_tokens,
      coalesce(sum(d.routing_cost_usd::numeric) FILTER (WHERE d.kind = 'trial'), 0) AS trial_cost_usd
    FROM signalbox.decisions d
    WHERE d.tenant_id = p_tenant_id AND d.created_at >= p_from AND d.created_at < p_to
      AND (d.kind IN ('completion', 'shadow', 'trial') OR d.kind = 'route' AND d.routing_input_tokens IS NOT NULL)
      -- Only the partitions of these days are read; an id may be a moment younger than its request.
      AND d.day BETWEEN (p_from AT TIME ZONE 'UTC')::date AND (p_to AT TIME ZONE 'UTC')::date + 1
    GROUP BY 1, 2, 3, 4, 5, 6
  )
  SELECT p_tenant_id, hour, row_number() OVER (ORDER BY hour, model, policy, key_id, router)::integer, model, policy,
    key_id, router, sum(requests)::bigint, sum(errors)::bigint, sum(estimated)::bigint, sum(input_tokens)::bigint,
    sum(cached_input_tokens)::bigint, sum(output_tokens)::bigint, sum(reasoning_tokens)::bigint, sum(cost_usd),
    sum(routing_input_tokens)::bigint, sum(routing_cached_input_tokens)::bigint, sum(routing_output_tokens)::bigint,
    sum(routing_cost_usd), coalesce(jsonb_object_agg(bin, requests) FILTER (WHERE bin IS NOT NULL), '{}'),
    sum(shadow_requests)::bigint, sum(shadow_input_tokens)::bigint, sum(shadow_output_tokens)::bigint,
    sum(shadow_cost_usd), sum(trial_decisions)::bigint, sum(trial_input_tokens)::bigint,
    sum(trial_cached_input_tokens)::bigint, sum(trial_output_tokens)::bigint, sum(trial_cost_usd)
  FROM binned GROUP BY hour, model, policy, key_id, router
$$;

-- As before; a trial is counted when its work is done, which may be long after its key was used.
CREATE OR REPLACE FUNCTION signalbox.touch_keys(p_records jsonb) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH used AS (
    SELECT r.tenant_id, r.key_id, least(max(r.created_at), now()) AS at
    FROM jsonb_to_recordset(p_records) AS r (tenant_id text, key_id text, created_at timestamptz, kind text)
    WHERE r.kind IS DISTINCT FROM 'trial'
    GROUP BY r.tenant_id, r.key_id
  ), due AS (
    SELECT k.tenant_id, k.id, used.at
    FROM signalbox.api_keys k JOIN used ON used.tenant_id = k.tenant_id AND used.key_id = k.id
    WHERE k.last_used_at IS NULL OR k.last_used_at < used.at - interval '1 minute'
    FOR UPDATE OF k SKIP LOCKED
  )
  UPDATE signalbox.api_keys k SET last_used_at = due.at FROM due WHERE k.tenant_id = due.tenant_id AND k.id = due.id
$$;

SET LOCAL ROLE signalbox_owner;

-- A rollout may have its candidate answer copies of requests. What these took on the last day (UTC) there were any.
ALTER TABLE signalbox.rollouts
  ADD COLUMN shadow jsonb CHECK (jsonb_typeof(shadow) = 'object'),
  ADD COLUMN shadow_day date,
  ADD COLUMN shadow_tokens bigint NOT NULL DEFAULT 0;
GRANT UPDATE (shadow) ON signalbox.rollouts TO signalbox_api;
CREATE POLICY functions_spend ON signalbox.rollouts FOR UPDATE TO signalbox_owner
  USING (shadow IS NOT NULL) WITH CHECK (shadow IS NOT NULL);

CREATE TRIGGER bump_revision_for_shadow AFTER UPDATE OF shadow ON signalbox.rollouts
  FOR EACH ROW EXECUTE FUNCTION signalbox.bump_revision();
-- Once a day at most: when the day's tokens are used up.
CREATE TRIGGER bump_revision_when_exhausted AFTER UPDATE OF shadow_tokens ON signalbox.rollouts
  FOR EACH ROW WHEN (
    NEW.shadow_tokens >= (NEW.shadow ->> 'tokens_per_day')::bigint
    AND (OLD.shadow_day IS DISTINCT FROM NEW.shadow_day OR OLD.shadow_tokens < (NEW.shadow ->> 'tokens_per_day')::bigint)
  ) EXECUTE FUNCTION signalbox.bump_revision();

-- Counts what copies took, as their receipts are appended. What comes late, of a day before the last, is past counting.
CREATE FUNCTION signalbox.spend_shadow_tokens() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_spent record;
BEGIN
  FOR v_spent IN
    SELECT tenant_id, split_part(arm, '@', 2) AS id, (created_at AT TIME ZONE 'UTC')::date AS day,
      sum(coalesce(input_tokens, 0)::bigint + coalesce(output_tokens, 0)) AS tokens
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
CREATE TRIGGER spend_shadow_tokens AFTER INSERT ON signalbox.decisions REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION signalbox.spend_shadow_tokens();

-- As before, with shadows.
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
    ), '[]'))
    ELSE c.snapshot
  END
  FROM signalbox.configuration_snapshot(p_key_hash, p_known_revision) AS c (snapshot)
$$;

-- What copies took, apart from what the tenant's own requests did.
ALTER TABLE signalbox.usage_hourly
  ADD COLUMN shadow_requests bigint NOT NULL DEFAULT 0,
  ADD COLUMN shadow_input_tokens bigint NOT NULL DEFAULT 0,
  ADD COLUMN shadow_output_tokens bigint NOT NULL DEFAULT 0,
  ADD COLUMN shadow_cost_usd numeric NOT NULL DEFAULT 0;

-- As before, and of copies what they took, their routing included. Copies are no requests.
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
      coalesce(sum(d.routing_input_tokens) FILTER (WHERE d.kind <> 'shadow'), 0) AS routing_input_tokens,
      coalesce(sum(d.routing_cached_input_tokens) FILTER (WHERE d.kind <> 'shadow'), 0) AS routing_cached_input_tokens,
      coalesce(sum(d.routing_output_tokens) FILTER (WHERE d.kind <> 'shadow'), 0) AS routing_output_tokens,
      coalesce(sum(d.routing_cost_usd::numeric) FILTER (WHERE d.kind <> 'shadow'), 0) AS routing_cost_usd,
      count(*) FILTER (WHERE d.kind = 'shadow') AS shadow_requests,
      coalesce(sum(coalesce(d.input_tokens, 0) + coalesce(d.routing_input_tokens, 0))
        FILTER (WHERE d.kind = 'shadow'), 0) AS shadow_input_tokens,
      coalesce(sum(coalesce(d.output_tokens, 0) + coalesce(d.routing_output_tokens, 0))
        FILTER (WHERE d.kind = 'shadow'), 0) AS shadow_output_tokens,
      coalesce(sum(coalesce(d.cost_usd, 0)::numeric + coalesce(d.routing_cost_usd, 0)::numeric)
        FILTER (WHERE d.kind = 'shadow'), 0) AS shadow_cost_usd
    FROM signalbox.decisions d
    WHERE d.tenant_id = p_tenant_id AND d.created_at >= p_from AND d.created_at < p_to
      AND (d.kind IN ('completion', 'shadow') OR d.kind = 'route' AND d.routing_input_tokens IS NOT NULL)
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
    sum(shadow_cost_usd)
  FROM binned GROUP BY hour, model, policy, key_id, router
$$;

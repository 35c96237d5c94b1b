SET LOCAL ROLE signalbox_owner;

-- Router engines whose decisions cost money, that the operator lets a tenant use; by name.
ALTER TABLE signalbox.tenants
  ADD COLUMN paid_engines text[] NOT NULL DEFAULT '{}' CHECK (cardinality(paid_engines) <= 32);
GRANT UPDATE (paid_engines) ON signalbox.tenants TO signalbox_api;

CREATE TRIGGER bump_own_revision_for_engines BEFORE UPDATE OF paid_engines ON signalbox.tenants
  FOR EACH ROW WHEN (NEW.paid_engines IS DISTINCT FROM OLD.paid_engines) EXECUTE FUNCTION signalbox.bump_own_revision();

-- Whatever a snapshot holds so far, and with it what the tenant may use.
ALTER FUNCTION signalbox.edge_snapshot(text, bigint) RENAME TO snapshot_without_paid_engines;
REVOKE EXECUTE ON FUNCTION signalbox.snapshot_without_paid_engines(text, bigint) FROM signalbox_edge;

CREATE FUNCTION signalbox.edge_snapshot(p_key_hash text, p_known_revision bigint) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN s.snapshot ? 'tenant'
    THEN s.snapshot || jsonb_build_object('paid_engines', (
      SELECT to_jsonb(t.paid_engines) FROM signalbox.tenants t WHERE t.id = s.snapshot #>> '{tenant,id}'
    ))
    ELSE s.snapshot
  END
  FROM signalbox.snapshot_without_paid_engines(p_key_hash, p_known_revision) AS s (snapshot)
$$;
REVOKE EXECUTE ON FUNCTION signalbox.edge_snapshot(text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signalbox.edge_snapshot(text, bigint) TO signalbox_edge;

-- The same for a job that decides on a tenant's behalf.
CREATE FUNCTION signalbox.paid_engines_of(p_tenant_id text) RETURNS text[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT t.paid_engines FROM signalbox.tenants t WHERE t.id = p_tenant_id $$;
REVOKE EXECUTE ON FUNCTION signalbox.paid_engines_of(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signalbox.paid_engines_of(text) TO signalbox_jobs;

-- How an engine came to a decision, where that took more than one reading: {decided_by, escalated, agreed, shortlisted}.
ALTER TABLE signalbox.decisions ADD COLUMN deciding jsonb;

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
      routing_arm, agrees, deciding
    )
    SELECT
      r.tenant_id, signalbox.id_day(r.id), r.id, r.key_id, r.request_id, r.created_at, r.kind, r.router,
      r.router_version, r.policy_digest, r.outcome, r.policy, r.confidence, r.alternatives, r.source, r.engine,
      r.unsure_reason, r.conversation_key, r.conversation_key_source, r.arm, r.requested_model, r.model, r.provider,
      r.upstream_model, r.attempts, r.stream, r.request_status, r.http_status, r.error_code, r.finish_reason,
      signalbox.clamp_count(r.input_tokens), signalbox.clamp_count(r.cached_input_tokens),
      signalbox.clamp_count(r.output_tokens), signalbox.clamp_count(r.reasoning_tokens), r.estimated, r.cost_usd,
      r.timings_ms, signalbox.clamp_count(r.routing_input_tokens), signalbox.clamp_count(r.routing_cached_input_tokens),
      signalbox.clamp_count(r.routing_output_tokens), r.routing_cost_usd, r.routing_arm, r.agrees, r.deciding
    FROM jsonb_to_recordset(p_records) AS r (
      tenant_id text, id text, key_id text, request_id text, created_at timestamptz, kind text, router text,
      router_version integer, policy_digest text, outcome text, policy text, confidence double precision,
      alternatives jsonb, source text, engine text, unsure_reason text, conversation_key text,
      conversation_key_source text, arm text, requested_model text, model text, provider text, upstream_model text,
      attempts integer, stream boolean, request_status text, http_status integer, error_code text, finish_reason text,
      input_tokens numeric, cached_input_tokens numeric, output_tokens numeric, reasoning_tokens numeric,
      estimated boolean, cost_usd double precision, timings_ms jsonb, routing_input_tokens numeric,
      routing_cached_input_tokens numeric, routing_output_tokens numeric, routing_cost_usd double precision,
      routing_arm text, agrees boolean, deciding jsonb
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

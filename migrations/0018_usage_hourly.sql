SET LOCAL ROLE signalbox_owner;

-- What requests took, by hour (UTC) and by what usage is grouped by: sums of the rows of decisions, which they outlive.
-- Costs are exact decimals, so that sums do not depend on an order. `latency` counts requests by bin of latency_bin.
CREATE TABLE signalbox.usage_hourly (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  hour timestamptz NOT NULL,
  slice integer NOT NULL,
  model text,
  policy text,
  key_id text NOT NULL,
  router text,
  requests bigint NOT NULL,
  errors bigint NOT NULL,
  estimated bigint NOT NULL,
  input_tokens bigint NOT NULL,
  cached_input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost_usd numeric NOT NULL,
  routing_input_tokens bigint NOT NULL,
  routing_cached_input_tokens bigint NOT NULL,
  routing_output_tokens bigint NOT NULL,
  routing_cost_usd numeric NOT NULL,
  latency jsonb NOT NULL CHECK (jsonb_typeof(latency) = 'object'),
  PRIMARY KEY (tenant_id, hour, slice)
);

-- Hours whose rows say more than their sums: marked by whatever appends a row, in the same transaction.
CREATE TABLE signalbox.usage_stale (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  hour timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, hour)
);
CREATE INDEX usage_stale_hour_idx ON signalbox.usage_stale (hour, tenant_id);

-- One row: rows of decisions from before this day are gone, and none is taken any more.
CREATE TABLE signalbox.decision_retention (since date PRIMARY KEY);

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['usage_hourly', 'usage_stale'] LOOP
    EXECUTE format($policy$
      CREATE POLICY tenant_rows ON signalbox.%I FOR SELECT TO signalbox_api
        USING (tenant_id = current_setting('app.tenant_id', true))
    $policy$, v_table);
    EXECUTE format('GRANT SELECT ON signalbox.%I TO signalbox_api', v_table);
  END LOOP;
  FOREACH v_table IN ARRAY ARRAY['usage_hourly', 'usage_stale', 'decision_retention'] LOOP
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE signalbox.%I FORCE ROW LEVEL SECURITY', v_table);
    EXECUTE format('CREATE POLICY functions_keep ON signalbox.%I TO signalbox_owner USING (true) WITH CHECK (true)',
      v_table);
  END LOOP;
END
$$;
INSERT INTO signalbox.decision_retention VALUES ('-infinity');
INSERT INTO signalbox.usage_stale
  SELECT DISTINCT tenant_id, date_trunc('hour', created_at, 'UTC') FROM signalbox.decisions;

-- The bin that a duration in milliseconds falls into. A bin's bounds lie a factor of 101/99 apart, so its middle is
-- within 1 % of everything in it, and bins of any number of hours can be added up (the logarithmic mapping of DDSketch,
-- https://arxiv.org/abs/1908.10693, section 2). -1 holds what is shorter than a millisecond.
CREATE FUNCTION signalbox.latency_bin(p_ms double precision) RETURNS integer
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN CASE WHEN p_ms < 1 THEN -1 ELSE ceil(ln(p_ms) / ln(101::double precision / 99))::integer END;

-- What a tenant's rows of decisions from p_from up to p_to sum up to, by hour. Requests are completions; the router
-- model's own calls are those of decisions without an answer too. The one place that says what a sum is of.
CREATE FUNCTION signalbox.usage_of(p_tenant_id text, p_from timestamptz, p_to timestamptz)
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
      coalesce(sum(d.routing_input_tokens), 0) AS routing_input_tokens,
      coalesce(sum(d.routing_cached_input_tokens), 0) AS routing_cached_input_tokens,
      coalesce(sum(d.routing_output_tokens), 0) AS routing_output_tokens,
      coalesce(sum(d.routing_cost_usd::numeric), 0) AS routing_cost_usd
    FROM signalbox.decisions d
    WHERE d.tenant_id = p_tenant_id AND d.created_at >= p_from AND d.created_at < p_to
      AND (d.kind = 'completion' OR d.kind = 'route' AND d.routing_input_tokens IS NOT NULL)
      -- Only the partitions of these days are read; an id may be a moment younger than its request.
      AND d.day BETWEEN (p_from AT TIME ZONE 'UTC')::date AND (p_to AT TIME ZONE 'UTC')::date + 1
    GROUP BY 1, 2, 3, 4, 5, 6
  )
  SELECT p_tenant_id, hour, row_number() OVER (ORDER BY hour, model, policy, key_id, router)::integer, model, policy,
    key_id, router, sum(requests)::bigint, sum(errors)::bigint, sum(estimated)::bigint, sum(input_tokens)::bigint,
    sum(cached_input_tokens)::bigint, sum(output_tokens)::bigint, sum(reasoning_tokens)::bigint, sum(cost_usd),
    sum(routing_input_tokens)::bigint, sum(routing_cached_input_tokens)::bigint, sum(routing_output_tokens)::bigint,
    sum(routing_cost_usd), coalesce(jsonb_object_agg(bin, requests) FILTER (WHERE bin IS NOT NULL), '{}')
  FROM binned GROUP BY hour, model, policy, key_id, router
$$;
GRANT EXECUTE ON FUNCTION signalbox.latency_bin(double precision),
  signalbox.usage_of(text, timestamptz, timestamptz) TO signalbox_api;

-- Keeps hours from being summed up until the transaction ends; hours that are over are the only ones that ever are, so
-- those who append what happens now wait for nobody. In one order, so that none deadlocks another.
CREATE FUNCTION signalbox.hold_hours(p_records jsonb) RETURNS void
  LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
  SELECT pg_advisory_xact_lock_shared(hashtextextended('signalbox.usage/' || held.hour, 0)) FROM (
    SELECT DISTINCT extract(epoch FROM date_trunc('hour', r.created_at, 'UTC'))::text AS hour
    FROM jsonb_to_recordset(p_records) AS r (created_at timestamptz) ORDER BY 1
  ) AS held
$$;

-- Sums one hour of one tenant up anew, if an hour that was over before p_before needs it. Returns whether one did. A
-- transaction of its own, all or nothing: it can stop anywhere, be done twice, and go on.
CREATE FUNCTION signalbox.roll_up_usage(p_before timestamptz) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_stale signalbox.usage_stale;
BEGIN
  SELECT * INTO v_stale FROM signalbox.usage_stale WHERE hour < date_trunc('hour', p_before, 'UTC')
    ORDER BY hour, tenant_id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  -- After this, every row of the hour is seen, and who has another one to append marks the hour again.
  PERFORM pg_advisory_xact_lock(hashtextextended('signalbox.usage/' || extract(epoch FROM v_stale.hour)::text, 0));
  -- Sums whose rows are gone are the last word.
  IF NOT EXISTS (SELECT FROM signalbox.decision_retention WHERE v_stale.hour < since AT TIME ZONE 'UTC') THEN
    DELETE FROM signalbox.usage_hourly WHERE tenant_id = v_stale.tenant_id AND hour = v_stale.hour;
    INSERT INTO signalbox.usage_hourly
      SELECT * FROM signalbox.usage_of(v_stale.tenant_id, v_stale.hour, v_stale.hour + interval '1 hour');
  END IF;
  DELETE FROM signalbox.usage_stale WHERE tenant_id = v_stale.tenant_id AND hour = v_stale.hour;
  RETURN true;
END
$$;

-- Removes rows of decisions from before p_since, whose sums are kept: one day's partition, or up to p_rows rows that
-- wait in the DEFAULT one. Returns whether there may be more to do. Nothing goes before it is summed up.
CREATE FUNCTION signalbox.remove_old_decisions(p_since date, p_rows integer) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
  v_name text;
  v_removed integer;
BEGIN
  IF p_rows NOT BETWEEN 1 AND 100000 THEN
    RAISE EXCEPTION 'p_rows must be 1 to 100000' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF EXISTS (SELECT FROM signalbox.usage_stale WHERE hour < p_since AT TIME ZONE 'UTC') THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('signalbox.ensure_decision_partitions', 0));
  UPDATE signalbox.decision_retention SET since = p_since WHERE since < p_since;
  SELECT c.relname INTO v_name
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'signalbox.decisions'::regclass AND c.relname ~ '^decisions_[0-9]{8}$'
      AND to_date(right(c.relname, 8), 'YYYYMMDD') < p_since
    ORDER BY c.relname LIMIT 1;
  IF FOUND THEN
    EXECUTE format('DROP TABLE signalbox.%I', v_name);
    RETURN true;
  END IF;
  DELETE FROM signalbox.decisions_default WHERE ctid IN (
    SELECT ctid FROM signalbox.decisions_default WHERE day < p_since LIMIT p_rows
  );
  GET DIAGNOSTICS v_removed = ROW_COUNT;
  RETURN v_removed = p_rows;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.roll_up_usage(timestamptz), signalbox.remove_old_decisions(date, integer)
  TO signalbox_jobs;

-- As before; leaves out what is from before the days that are kept, and marks the hours of what is new.
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

-- As before, and holds the records' hours.
CREATE OR REPLACE FUNCTION signalbox.append_decisions(p_records jsonb) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_record jsonb;
  v_appended integer := 0;
BEGIN
  BEGIN
    PERFORM signalbox.hold_hours(p_records);
    v_appended := signalbox.insert_decisions(p_records);
    PERFORM signalbox.touch_keys(p_records);
    RETURN v_appended;
  EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    v_appended := 0;
  END;
  FOR v_record IN SELECT value FROM jsonb_array_elements(p_records) LOOP
    BEGIN
      PERFORM signalbox.hold_hours(jsonb_build_array(v_record));
      v_appended := v_appended + signalbox.insert_decisions(jsonb_build_array(v_record));
      PERFORM signalbox.touch_keys(jsonb_build_array(v_record));
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      RAISE WARNING 'decision % refused: %', left(v_record ->> 'id', 40), SQLSTATE;
    END;
  END LOOP;
  RETURN v_appended;
END
$$;

-- As before, with usage.
CREATE OR REPLACE FUNCTION signalbox.remove_deleted_tenants(p_rows integer) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_tenant text;
  v_table text;
  v_left integer := p_rows;
  v_removed integer;
BEGIN
  IF p_rows NOT BETWEEN 1 AND 100000 THEN
    RAISE EXCEPTION 'p_rows must be 1 to 100000' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT id INTO v_tenant FROM signalbox.tenants WHERE status = 'deleting' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF v_tenant IS NULL THEN
    RETURN false;
  END IF;
  FOREACH v_table IN ARRAY ARRAY['feedback', 'feedback_events', 'decisions', 'usage_hourly', 'usage_stale',
    'idempotency_keys', 'audit_log', 'models', 'providers', 'routers', 'api_keys'] LOOP
    EXECUTE format($remove$
      DELETE FROM signalbox.%1$I WHERE tenant_id = $1 AND (tableoid, ctid) IN (
        SELECT tableoid, ctid FROM signalbox.%1$I WHERE tenant_id = $1 LIMIT $2
      )
    $remove$, v_table) USING v_tenant, v_left;
    GET DIAGNOSTICS v_removed = ROW_COUNT;
    v_left := v_left - v_removed;
    IF v_left <= 0 THEN
      RETURN true;
    END IF;
  END LOOP;
  DELETE FROM signalbox.operator_idempotency_keys WHERE response ->> 'id' = v_tenant;
  DELETE FROM signalbox.tenants WHERE id = v_tenant;
  RETURN true;
END
$$;

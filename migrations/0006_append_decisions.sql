SET LOCAL ROLE signalbox_owner;

-- The day (UTC) an id such as `dec_01k…` was made on: a ULID's first ten characters are its milliseconds since the
-- epoch in Crockford's base 32 (https://github.com/ulid/spec). NULL for anything that is no such id.
CREATE FUNCTION signalbox.id_day(p_id text) RETURNS date
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN CASE WHEN p_id ~ '^[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}$' THEN (
    SELECT (to_timestamp(sum(
      (strpos('0123456789abcdefghjkmnpqrstvwxyz', substr(p_id, 4 + digit, 1)) - 1)::bigint << (5 * (10 - digit))
    ) / 1000) AT TIME ZONE 'UTC')::date
    FROM generate_series(1, 10) AS digit
  ) END;

-- Counts come from upstream answers: out-of-range ones are clamped, so that one odd answer spoils no one's batch.
CREATE FUNCTION signalbox.clamp_count(p_count numeric) RETURNS integer
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN least(greatest(trunc(p_count), 0), 2147483647)::integer;

CREATE FUNCTION signalbox.insert_decisions(p_records jsonb) RETURNS integer
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH inserted AS (
    INSERT INTO signalbox.decisions (
      tenant_id, day, id, key_id, request_id, created_at, kind, router, router_version, policy_digest, outcome, policy,
      confidence, alternatives, source, engine, unsure_reason, conversation_key, conversation_key_source, arm,
      requested_model, model, provider, upstream_model, attempts, stream, request_status, http_status, error_code,
      finish_reason, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, estimated, cost_usd, timings_ms
    )
    SELECT
      r.tenant_id, signalbox.id_day(r.id), r.id, r.key_id, r.request_id, r.created_at, r.kind, r.router,
      r.router_version, r.policy_digest, r.outcome, r.policy, r.confidence, r.alternatives, r.source, r.engine,
      r.unsure_reason, r.conversation_key, r.conversation_key_source, r.arm, r.requested_model, r.model, r.provider,
      r.upstream_model, r.attempts, r.stream, r.request_status, r.http_status, r.error_code, r.finish_reason,
      signalbox.clamp_count(r.input_tokens), signalbox.clamp_count(r.cached_input_tokens),
      signalbox.clamp_count(r.output_tokens), signalbox.clamp_count(r.reasoning_tokens), r.estimated, r.cost_usd,
      r.timings_ms
    FROM jsonb_to_recordset(p_records) AS r (
      tenant_id text, id text, key_id text, request_id text, created_at timestamptz, kind text, router text,
      router_version integer, policy_digest text, outcome text, policy text, confidence double precision,
      alternatives jsonb, source text, engine text, unsure_reason text, conversation_key text,
      conversation_key_source text, arm text, requested_model text, model text, provider text, upstream_model text,
      attempts integer, stream boolean, request_status text, http_status integer, error_code text, finish_reason text,
      input_tokens numeric, cached_input_tokens numeric, output_tokens numeric, reasoning_tokens numeric,
      estimated boolean, cost_usd double precision, timings_ms jsonb
    )
    JOIN signalbox.tenants t ON t.id = r.tenant_id AND t.status <> 'deleting'
    ON CONFLICT (tenant_id, day, id) DO NOTHING
    RETURNING 1
  )
  SELECT count(*)::integer FROM inserted
$$;

-- Appends an array of decision records and returns how many were new. Appending one again changes nothing; records of
-- unknown tenants are left out. When the batch holds a record that no row can hold, the others are still appended.
CREATE FUNCTION signalbox.append_decisions(p_records jsonb) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_record jsonb;
  v_appended integer := 0;
BEGIN
  BEGIN
    RETURN signalbox.insert_decisions(p_records);
  EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    NULL;
  END;
  FOR v_record IN SELECT value FROM jsonb_array_elements(p_records) LOOP
    BEGIN
      v_appended := v_appended + signalbox.insert_decisions(jsonb_build_array(v_record));
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      RAISE WARNING 'decision % refused: %', left(v_record ->> 'id', 40), SQLSTATE;
    END;
  END LOOP;
  RETURN v_appended;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.append_decisions(jsonb) TO signalbox_edge;

SET LOCAL ROLE signalbox_owner;

-- Conversations of routers whose owner has asked for them to be kept. What was said is cipher text, sealed for the
-- tenant and the decision; the other columns are what the decision's receipt says too.
CREATE TABLE signalbox.recordings (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  decision_id text NOT NULL,
  -- Without a foreign key: what is gone with its router is nobody's to see, and a job removes it.
  router_id text NOT NULL,
  router_version integer NOT NULL,
  conversation_key text,
  outcome text,
  policy text,
  model text,
  arm text,
  input_tokens integer,
  cached_input_tokens integer,
  output_tokens integer,
  reasoning_tokens integer,
  cost_usd double precision,
  sealed jsonb NOT NULL CHECK (jsonb_typeof(sealed) = 'object'),
  -- In a column of its own, to be found by.
  key_id text NOT NULL CHECK (key_id = sealed ->> 'key_id'),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, decision_id)
);
-- Cipher text does not get smaller.
ALTER TABLE signalbox.recordings ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX recordings_router_idx ON signalbox.recordings (tenant_id, router_id, decision_id);
CREATE INDEX recordings_expiry_idx ON signalbox.recordings (expires_at);
CREATE INDEX recordings_key_idx ON signalbox.recordings (key_id, tenant_id, decision_id);

ALTER TABLE signalbox.recordings ENABLE ROW LEVEL SECURITY;
ALTER TABLE signalbox.recordings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON signalbox.recordings TO signalbox_api
  USING (tenant_id = current_setting('app.tenant_id', true))
  WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
GRANT SELECT, DELETE ON signalbox.recordings TO signalbox_api;
CREATE POLICY functions_keep ON signalbox.recordings TO signalbox_owner USING (true) WITH CHECK (true);

-- Days that a published document wants recordings kept for; NULL where it says nothing of them.
CREATE FUNCTION signalbox.recording_days(p_document jsonb) RETURNS integer
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN coalesce((p_document #>> '{settings,record_days}')::integer,
    CASE WHEN (p_document #>> '{settings,record_prompts}')::boolean THEN 30 END);

-- Keeps one conversation, if the version of its router that is published now asks for that; whether it did. The edge
-- has asked its own snapshot, which may be some seconds old.
CREATE FUNCTION signalbox.record_conversation(p_tenant_id text, p_router_id text, p_record jsonb) RETURNS boolean
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH recorded AS (
    INSERT INTO signalbox.recordings (
      tenant_id, decision_id, router_id, router_version, conversation_key, outcome, policy, model, arm, input_tokens,
      cached_input_tokens, output_tokens, reasoning_tokens, cost_usd, sealed, key_id, created_at, expires_at
    )
    SELECT t.id, r.decision_id, o.id, r.router_version, r.conversation_key, r.outcome, r.policy, r.model, r.arm,
      signalbox.clamp_count(r.input_tokens), signalbox.clamp_count(r.cached_input_tokens),
      signalbox.clamp_count(r.output_tokens), signalbox.clamp_count(r.reasoning_tokens), r.cost_usd, r.sealed,
      r.sealed ->> 'key_id', r.created_at, r.created_at + make_interval(days => signalbox.recording_days(v.document))
    FROM jsonb_to_record(p_record) AS r (
      decision_id text, router_version integer, conversation_key text, outcome text, policy text, model text, arm text,
      input_tokens numeric, cached_input_tokens numeric, output_tokens numeric, reasoning_tokens numeric,
      cost_usd double precision, sealed jsonb, created_at timestamptz
    )
    JOIN signalbox.tenants t ON t.id = p_tenant_id AND t.status = 'active'
    JOIN signalbox.routers o ON o.tenant_id = t.id AND o.id = p_router_id
    JOIN signalbox.router_versions v
      ON v.tenant_id = o.tenant_id AND v.router_id = o.id AND v.version = o.published_version
    WHERE (v.document #>> '{settings,record_prompts}')::boolean
    ON CONFLICT (tenant_id, decision_id) DO NOTHING
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM recorded)
$$;
GRANT EXECUTE ON FUNCTION signalbox.record_conversation(text, text, jsonb) TO signalbox_edge;

-- The smallest id of a kind (`dec`) that can be made at an instant: ids are in the order of their time.
CREATE FUNCTION signalbox.first_id(p_prefix text, p_at timestamptz) RETURNS text
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN (SELECT p_prefix || '_' || string_agg(
    substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((ms >> (5 * (10 - digit))) & 31)::integer, 1), '' ORDER BY digit
  ) || repeat('0', 16)
  FROM (SELECT greatest(0, floor(extract(epoch FROM p_at) * 1000))::bigint AS ms) AS instant, generate_series(1, 10) AS digit
  );

-- Removes up to about p_rows recordings that are kept no longer, and returns how many it found: those whose days are
-- over, as they were told when they were made or by fewer that are published now, and those whose router is gone.
CREATE FUNCTION signalbox.remove_old_recordings(p_rows integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_removed integer;
BEGIN
  IF p_rows NOT BETWEEN 1 AND 100000 THEN
    RAISE EXCEPTION 'p_rows must be 1 to 100000' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  WITH RECURSIVE recorded AS (
    -- Each router that has recordings, by one look into the index.
    (SELECT r.tenant_id, r.router_id FROM signalbox.recordings r ORDER BY r.tenant_id, r.router_id LIMIT 1)
    UNION ALL
    SELECT next.tenant_id, next.router_id FROM recorded
    CROSS JOIN LATERAL (
      SELECT r.tenant_id, r.router_id FROM signalbox.recordings r
      WHERE (r.tenant_id, r.router_id) > (recorded.tenant_id, recorded.router_id)
      ORDER BY r.tenant_id, r.router_id LIMIT 1
    ) AS next
  ), due AS (
    (SELECT r.ctid FROM signalbox.recordings r WHERE r.expires_at < now() LIMIT p_rows)
    UNION ALL
    (
      SELECT old.ctid FROM recorded
      LEFT JOIN signalbox.routers o ON o.tenant_id = recorded.tenant_id AND o.id = recorded.router_id
      LEFT JOIN signalbox.router_versions v
        ON v.tenant_id = o.tenant_id AND v.router_id = o.id AND v.version = o.published_version
      CROSS JOIN LATERAL (
        SELECT r.ctid FROM signalbox.recordings r
        WHERE r.tenant_id = recorded.tenant_id AND r.router_id = recorded.router_id
          -- One comparison, so that it is a range of the index; every id of a decision comes before 'e'.
          AND r.decision_id < CASE WHEN o.id IS NULL THEN 'e' ELSE
            signalbox.first_id('dec', now() - make_interval(days => signalbox.recording_days(v.document))) END
        LIMIT p_rows
      ) AS old
      LIMIT p_rows
    )
  )
  DELETE FROM signalbox.recordings WHERE ctid = ANY (ARRAY(SELECT ctid FROM due));
  GET DIAGNOSTICS v_removed = ROW_COUNT;
  RETURN v_removed;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.remove_old_recordings(integer) TO signalbox_jobs;

-- Recordings that a certain key has sealed, after the position given, as cipher text.
CREATE FUNCTION signalbox.recordings_to_reseal(p_key_id text, p_tenant_id text, p_decision_id text, p_rows integer)
  RETURNS TABLE (tenant_id text, decision_id text, sealed jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT r.tenant_id, r.decision_id, r.sealed FROM signalbox.recordings r
  WHERE r.key_id = p_key_id AND (r.tenant_id, r.decision_id) > (p_tenant_id, p_decision_id)
  ORDER BY r.tenant_id, r.decision_id LIMIT p_rows
$$;

-- Puts a recording under another key, unless it is gone.
CREATE FUNCTION signalbox.reseal_recording(p_tenant_id text, p_decision_id text, p_old_key_id text, p_new jsonb)
  RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE signalbox.recordings SET sealed = p_new, key_id = p_new ->> 'key_id'
    WHERE tenant_id = p_tenant_id AND decision_id = p_decision_id AND key_id = p_old_key_id
$$;
GRANT EXECUTE ON FUNCTION signalbox.recordings_to_reseal(text, text, text, integer),
  signalbox.reseal_recording(text, text, text, jsonb) TO signalbox_jobs;

-- As before, with recordings, which go first.
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
  FOREACH v_table IN ARRAY ARRAY['recordings', 'feedback', 'feedback_events', 'feedback_sources', 'decisions',
    'usage_hourly', 'usage_stale', 'idempotency_keys', 'audit_log', 'models', 'providers', 'routers', 'api_keys'] LOOP
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

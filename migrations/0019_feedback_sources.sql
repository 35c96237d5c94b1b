SET LOCAL ROLE signalbox_owner;

-- Evaluation platforms and others that send a tenant's feedback as signed messages. Messages name a source by its id
-- alone, which is therefore nobody else's.
CREATE TABLE signalbox.feedback_sources (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  id text NOT NULL CONSTRAINT feedback_sources_id_key UNIQUE,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);

-- What a source signs with: one secret, or two while one takes over from the other.
CREATE TABLE signalbox.feedback_secrets (
  tenant_id text NOT NULL,
  id text NOT NULL,
  source_id text NOT NULL,
  sealed jsonb NOT NULL CHECK (jsonb_typeof(sealed) = 'object'),
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT feedback_secrets_source_fkey FOREIGN KEY (tenant_id, source_id)
    REFERENCES signalbox.feedback_sources (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX feedback_secrets_source_idx ON signalbox.feedback_secrets (tenant_id, source_id);

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['feedback_sources', 'feedback_secrets'] LOOP
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE signalbox.%I FORCE ROW LEVEL SECURITY', v_table);
    EXECUTE format($policy$
      CREATE POLICY tenant_rows ON signalbox.%I TO signalbox_api
        USING (tenant_id = current_setting('app.tenant_id', true))
        WITH CHECK (tenant_id = current_setting('app.tenant_id', true))
    $policy$, v_table);
    EXECUTE format('CREATE POLICY functions_read ON signalbox.%I FOR SELECT TO signalbox_owner USING (true)', v_table);
    EXECUTE format($policy$
      CREATE POLICY functions_remove ON signalbox.%I FOR DELETE TO signalbox_owner
        USING (EXISTS (SELECT FROM signalbox.tenants t WHERE t.id = tenant_id AND t.status = 'deleting'))
    $policy$, v_table);
  END LOOP;
END
$$;
-- UPDATE, so that a source can be locked while its secrets are looked at.
GRANT SELECT, INSERT, UPDATE (name), DELETE ON signalbox.feedback_sources TO signalbox_api;
GRANT SELECT, INSERT, UPDATE (expires_at), DELETE ON signalbox.feedback_secrets TO signalbox_api;
CREATE POLICY functions_reseal ON signalbox.feedback_secrets FOR UPDATE TO signalbox_owner USING (true);

-- Whose source this is and what it may have signed with at p_at; NULL for an unknown one.
CREATE FUNCTION signalbox.feedback_source(p_id text, p_at timestamptz) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object('tenant_id', t.id, 'active', t.status = 'active', 'secrets', coalesce((
    SELECT jsonb_agg(jsonb_build_object('id', c.id, 'sealed', c.sealed) ORDER BY c.id DESC)
    FROM signalbox.feedback_secrets c
    WHERE c.tenant_id = s.tenant_id AND c.source_id = s.id AND (c.expires_at IS NULL OR c.expires_at > p_at)
  ), '[]'))
  FROM signalbox.feedback_sources s JOIN signalbox.tenants t ON t.id = s.tenant_id
  WHERE s.id = p_id
$$;
GRANT EXECUTE ON FUNCTION signalbox.feedback_source(text, timestamptz) TO signalbox_edge;

-- As before, of feedback sources too; `provider_id` names what the secret is bound to, whatever that is.
CREATE OR REPLACE FUNCTION signalbox.credentials_to_reseal(p_key_id text, p_after text, p_rows integer)
  RETURNS TABLE (tenant_id text, provider_id text, credential jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT s.tenant_id, s.id, s.sealed FROM (
    SELECT p.tenant_id, p.id, p.credential AS sealed FROM signalbox.providers p
    UNION ALL
    SELECT c.tenant_id, c.id, c.sealed FROM signalbox.feedback_secrets c
  ) s
  WHERE s.sealed ->> 'key_id' <> p_key_id AND s.tenant_id || '/' || s.id > p_after
  ORDER BY s.tenant_id || '/' || s.id LIMIT p_rows
$$;

CREATE OR REPLACE FUNCTION signalbox.replace_sealed(p_tenant_id text, p_provider_id text, p_old jsonb, p_new jsonb)
  RETURNS boolean
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH provider AS (
    UPDATE signalbox.providers SET credential = p_new
    WHERE tenant_id = p_tenant_id AND id = p_provider_id AND credential = p_old RETURNING 1
  ), secret AS (
    UPDATE signalbox.feedback_secrets SET sealed = p_new
    WHERE tenant_id = p_tenant_id AND id = p_provider_id AND sealed = p_old RETURNING 1
  )
  SELECT EXISTS (SELECT FROM provider) OR EXISTS (SELECT FROM secret)
$$;

-- Feedback goes when its decision has gone.
CREATE INDEX feedback_day_idx ON signalbox.feedback (decision_day);
CREATE POLICY functions_expire ON signalbox.feedback TO signalbox_owner
  USING (decision_day < (SELECT since FROM signalbox.decision_retention));

-- Removes up to p_rows rows of feedback on decisions of days that have gone, and returns how many it found.
CREATE FUNCTION signalbox.remove_old_feedback(p_rows integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_removed integer;
BEGIN
  DELETE FROM signalbox.feedback WHERE ctid IN (
    SELECT ctid FROM signalbox.feedback WHERE decision_day < (SELECT since FROM signalbox.decision_retention)
    LIMIT p_rows FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS v_removed = ROW_COUNT;
  RETURN v_removed;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.remove_old_feedback(integer) TO signalbox_jobs;

-- As before, with feedback sources, each of which takes its secrets with it.
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
  FOREACH v_table IN ARRAY ARRAY['feedback', 'feedback_events', 'feedback_sources', 'decisions', 'usage_hourly',
    'usage_stale', 'idempotency_keys', 'audit_log', 'models', 'providers', 'routers', 'api_keys'] LOOP
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

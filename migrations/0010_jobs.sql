SET LOCAL ROLE signalbox_owner;

-- The functions remove rows of tenants that are being deleted, and answers that nobody may replay any more; no others.
DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['api_keys', 'providers', 'models', 'routers', 'router_drafts', 'router_versions',
    'decisions', 'idempotency_keys', 'audit_log'] LOOP
    EXECUTE format($policy$
      CREATE POLICY functions_remove ON signalbox.%I TO signalbox_owner
        USING (EXISTS (SELECT FROM signalbox.tenants t WHERE t.id = tenant_id AND t.status = 'deleting'))
    $policy$, v_table);
  END LOOP;
END
$$;
CREATE POLICY functions_remove ON signalbox.tenants FOR DELETE TO signalbox_owner USING (status = 'deleting');
CREATE POLICY functions_purge ON signalbox.idempotency_keys TO signalbox_owner
  USING (created_at < now() - interval '24 hours');
CREATE POLICY functions_purge ON signalbox.operator_idempotency_keys TO signalbox_owner USING (true);
CREATE POLICY functions_reseal ON signalbox.providers FOR UPDATE TO signalbox_owner USING (true);

CREATE INDEX idempotency_keys_age_idx ON signalbox.idempotency_keys (created_at);
CREATE INDEX operator_idempotency_keys_age_idx ON signalbox.operator_idempotency_keys (created_at);

-- Removes up to p_rows rows of one tenant that is being deleted, and the tenant itself when nothing of it is left.
-- Returns whether there may be more to do. Each call is a transaction of its own, so that the work can stop anywhere
-- and go on. Tables that refer to others come before them; a router takes its draft and versions with it.
CREATE FUNCTION signalbox.remove_deleted_tenants(p_rows integer) RETURNS boolean
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
  FOREACH v_table IN ARRAY ARRAY['decisions', 'idempotency_keys', 'audit_log', 'models', 'providers', 'routers',
    'api_keys'] LOOP
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

-- Removes up to p_rows remembered answers that are older than a day, and returns how many it found.
CREATE FUNCTION signalbox.purge_remembered_answers(p_rows integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_tenants integer;
  v_operator integer;
BEGIN
  DELETE FROM signalbox.idempotency_keys WHERE ctid IN (
    SELECT ctid FROM signalbox.idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT p_rows
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS v_tenants = ROW_COUNT;
  DELETE FROM signalbox.operator_idempotency_keys WHERE ctid IN (
    SELECT ctid FROM signalbox.operator_idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT p_rows
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS v_operator = ROW_COUNT;
  RETURN v_tenants + v_operator;
END
$$;

-- Credentials that are sealed with another key of the ring than p_key_id, after the position given, as cipher text.
CREATE FUNCTION signalbox.credentials_to_reseal(p_key_id text, p_after text, p_rows integer)
  RETURNS TABLE (tenant_id text, provider_id text, credential jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT p.tenant_id, p.id, p.credential FROM signalbox.providers p
  WHERE p.credential ->> 'key_id' <> p_key_id AND p.tenant_id || '/' || p.id > p_after
  ORDER BY p.tenant_id || '/' || p.id LIMIT p_rows
$$;

-- Puts the same credential under another key, unless somebody has changed it meanwhile. Returns whether it did.
CREATE FUNCTION signalbox.replace_sealed(p_tenant_id text, p_provider_id text, p_old jsonb, p_new jsonb)
  RETURNS boolean
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH replaced AS (
    UPDATE signalbox.providers SET credential = p_new
    WHERE tenant_id = p_tenant_id AND id = p_provider_id AND credential = p_old RETURNING 1
  )
  SELECT EXISTS (SELECT FROM replaced)
$$;

GRANT EXECUTE ON FUNCTION signalbox.remove_deleted_tenants(integer), signalbox.purge_remembered_answers(integer),
  signalbox.credentials_to_reseal(text, text, integer), signalbox.replace_sealed(text, text, jsonb, jsonb)
  TO signalbox_jobs;

SET LOCAL ROLE signalbox_owner;

-- When a key was last used, to the minute: written with the receipts, never by a request.
ALTER TABLE signalbox.api_keys ADD COLUMN last_used_at timestamptz;
CREATE POLICY functions_touch ON signalbox.api_keys FOR UPDATE TO signalbox_owner USING (true);

-- No snapshot holds it, so it changes no revision.
DROP TRIGGER bump_revision ON signalbox.api_keys;
CREATE TRIGGER bump_revision
  AFTER INSERT OR DELETE OR UPDATE OF tenant_id, id, name, environment, hash, display_prefix, scopes, allowed_models,
    allowed_routers, expires_at, revoked_at, created_at ON signalbox.api_keys
  FOR EACH ROW EXECUTE FUNCTION signalbox.bump_revision();

-- Notes the use of the keys behind these records. A key that somebody holds is noted by a later batch: receipts wait
-- for no one, and two batches cannot deadlock.
CREATE FUNCTION signalbox.touch_keys(p_records jsonb) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH used AS (
    SELECT r.tenant_id, r.key_id, least(max(r.created_at), now()) AS at
    FROM jsonb_to_recordset(p_records) AS r (tenant_id text, key_id text, created_at timestamptz)
    GROUP BY r.tenant_id, r.key_id
  ), due AS (
    SELECT k.tenant_id, k.id, used.at
    FROM signalbox.api_keys k JOIN used ON used.tenant_id = k.tenant_id AND used.key_id = k.id
    WHERE k.last_used_at IS NULL OR k.last_used_at < used.at - interval '1 minute'
    FOR UPDATE OF k SKIP LOCKED
  )
  UPDATE signalbox.api_keys k SET last_used_at = due.at FROM due WHERE k.tenant_id = due.tenant_id AND k.id = due.id
$$;

-- As before, and notes the keys' use.
CREATE OR REPLACE FUNCTION signalbox.append_decisions(p_records jsonb) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_record jsonb;
  v_appended integer := 0;
BEGIN
  BEGIN
    v_appended := signalbox.insert_decisions(p_records);
    PERFORM signalbox.touch_keys(p_records);
    RETURN v_appended;
  EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    v_appended := 0;
  END;
  FOR v_record IN SELECT value FROM jsonb_array_elements(p_records) LOOP
    BEGIN
      v_appended := v_appended + signalbox.insert_decisions(jsonb_build_array(v_record));
      PERFORM signalbox.touch_keys(jsonb_build_array(v_record));
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      RAISE WARNING 'decision % refused: %', left(v_record ->> 'id', 40), SQLSTATE;
    END;
  END LOOP;
  RETURN v_appended;
END
$$;

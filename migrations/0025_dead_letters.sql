SET LOCAL ROLE signalbox_owner;

-- Receipts that could not be stored: what no row can hold, and messages that a queue gave up on. They hold no text of a
-- request or an answer, as receipts do not. `body` is JSON text rather than jsonb, which takes no NUL.
CREATE TABLE signalbox.dead_letters (
  digest text PRIMARY KEY CHECK (length(digest) = 64),
  tenant_id text REFERENCES signalbox.tenants (id) ON DELETE CASCADE,
  body text NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  tried_at timestamptz
);
CREATE INDEX dead_letters_since_idx ON signalbox.dead_letters (since);
CREATE INDEX dead_letters_tenant_idx ON signalbox.dead_letters (tenant_id);
ALTER TABLE signalbox.dead_letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE signalbox.dead_letters FORCE ROW LEVEL SECURITY;
CREATE POLICY functions_keep ON signalbox.dead_letters TO signalbox_owner USING (true) WITH CHECK (true);

-- Keeps letters `[{body, reason}]`, each once however often it comes.
CREATE FUNCTION signalbox.keep_dead_letters(p_letters jsonb) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO signalbox.dead_letters (digest, tenant_id, body, reason)
  SELECT DISTINCT ON (l.body) encode(sha256(convert_to(l.body, 'UTF8')), 'hex'), t.id, l.body, left(l.reason, 64)
  FROM jsonb_to_recordset(p_letters) AS l (body text, reason text, tenant_id text)
  LEFT JOIN signalbox.tenants t ON t.id = l.tenant_id
  ORDER BY l.body
  ON CONFLICT (digest) DO NOTHING
$$;
GRANT EXECUTE ON FUNCTION signalbox.keep_dead_letters(jsonb) TO signalbox_edge;

-- As before; what no row can hold becomes a dead letter in the same transaction, so that no receipt is lost.
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
      PERFORM signalbox.keep_dead_letters(jsonb_build_array(jsonb_build_object(
        'body', v_record::text, 'reason', SQLSTATE, 'tenant_id', v_record ->> 'tenant_id'
      )));
    END;
  END LOOP;
  RETURN v_appended;
END
$$;

-- How many letters wait, by reason.
CREATE FUNCTION signalbox.waiting_dead_letters() RETURNS TABLE (reason text, letters bigint, oldest timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT d.reason, count(*), min(d.since) FROM signalbox.dead_letters d GROUP BY 1 ORDER BY 1
$$;

-- Tries the oldest letters that were not tried since p_before, at most p_rows. What a row holds now, or held already, is
-- gone from here; the rest stays with its latest reason. Replaying twice, or by two at once, doubles nothing.
CREATE FUNCTION signalbox.replay_dead_letters(p_before timestamptz, p_rows integer)
  RETURNS TABLE (replayed integer, refused integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_letter record;
  v_records jsonb;
BEGIN
  replayed := 0;
  refused := 0;
  FOR v_letter IN
    SELECT d.digest, d.body FROM signalbox.dead_letters d WHERE coalesce(d.tried_at < p_before, true)
    ORDER BY d.since, d.digest LIMIT p_rows FOR UPDATE SKIP LOCKED
  LOOP
    BEGIN
      v_records := jsonb_build_array(v_letter.body::jsonb);
      IF v_records -> 0 ->> 'id' IS NULL OR v_records -> 0 ->> 'tenant_id' IS NULL
        OR v_records -> 0 ->> 'created_at' IS NULL THEN
        RAISE EXCEPTION 'no receipt' USING ERRCODE = 'invalid_parameter_value';
      END IF;
      PERFORM signalbox.hold_hours(v_records);
      PERFORM signalbox.insert_decisions(v_records);
      PERFORM signalbox.touch_keys(v_records);
      DELETE FROM signalbox.dead_letters d WHERE d.digest = v_letter.digest;
      replayed := replayed + 1;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      UPDATE signalbox.dead_letters d SET tried_at = clock_timestamp(), reason = SQLSTATE
        WHERE d.digest = v_letter.digest;
      refused := refused + 1;
    END;
  END LOOP;
  RETURN NEXT;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.waiting_dead_letters(), signalbox.replay_dead_letters(timestamptz, integer)
  TO signalbox_jobs;

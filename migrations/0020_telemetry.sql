SET LOCAL ROLE signalbox_owner;

-- Decisions and feedback that are still to be told to a collector. Filled by whatever appends them, in the same
-- transaction, while somebody exports; emptied by that job.
CREATE TABLE signalbox.telemetry_queue (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('decision', 'feedback')),
  id text NOT NULL,
  due timestamptz NOT NULL DEFAULT now(),
  -- Claims so far; none again when there is something newer to tell.
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, kind, id)
);
CREATE INDEX telemetry_queue_due_idx ON signalbox.telemetry_queue (due);

-- One row: until when what comes is queued, and how much never reached a collector.
CREATE TABLE signalbox.telemetry_state (
  id integer PRIMARY KEY CHECK (id = 1),
  queued_until timestamptz NOT NULL,
  dropped bigint NOT NULL
);

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['telemetry_queue', 'telemetry_state'] LOOP
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE signalbox.%I FORCE ROW LEVEL SECURITY', v_table);
    EXECUTE format('CREATE POLICY functions_keep ON signalbox.%I TO signalbox_owner USING (true) WITH CHECK (true)',
      v_table);
  END LOOP;
END
$$;
INSERT INTO signalbox.telemetry_state VALUES (1, '-infinity', 0);

CREATE FUNCTION signalbox.queue_telemetry() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM signalbox.telemetry_state WHERE queued_until > now()) THEN
    INSERT INTO signalbox.telemetry_queue AS q (tenant_id, kind, id)
      SELECT tenant_id, TG_ARGV[0], id FROM added ORDER BY tenant_id, id
      ON CONFLICT (tenant_id, kind, id) DO UPDATE SET due = now(), attempts = 0;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER queue_telemetry AFTER INSERT ON signalbox.decisions REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION signalbox.queue_telemetry('decision');
CREATE TRIGGER queue_telemetry AFTER INSERT ON signalbox.feedback REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION signalbox.queue_telemetry('feedback');
CREATE TRIGGER queue_changed_telemetry AFTER UPDATE ON signalbox.feedback REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION signalbox.queue_telemetry('feedback');

-- Has what comes in the next hour queued, and drops the oldest beyond p_rows: those that nobody could be told in time.
-- With no p_rows nobody exports any more, and nothing is kept. Returns how many were dropped.
CREATE FUNCTION signalbox.keep_telemetry(p_rows integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_dropped integer;
BEGIN
  IF p_rows IS NULL THEN
    UPDATE signalbox.telemetry_state SET queued_until = '-infinity' WHERE queued_until > '-infinity';
    IF FOUND THEN
      DELETE FROM signalbox.telemetry_queue;
    END IF;
    RETURN 0;
  END IF;
  DELETE FROM signalbox.telemetry_queue WHERE ctid IN (
    SELECT ctid FROM signalbox.telemetry_queue ORDER BY due DESC, id DESC OFFSET p_rows
  );
  GET DIAGNOSTICS v_dropped = ROW_COUNT;
  UPDATE signalbox.telemetry_state SET queued_until = now() + interval '1 hour', dropped = dropped + v_dropped
    WHERE v_dropped > 0 OR queued_until < now() + interval '30 minutes';
  RETURN v_dropped;
END
$$;

-- Up to p_rows things to tell, the ones that wait longest first, as their rows; they are the caller's for two minutes.
-- What has no row any more has no record.
CREATE FUNCTION signalbox.claim_telemetry(p_rows integer)
  RETURNS TABLE (tenant_id text, kind text, id text, attempts integer, record jsonb)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH open AS (
    SELECT q.tenant_id, q.kind, q.id FROM signalbox.telemetry_queue q
    WHERE q.due <= now() ORDER BY q.due, q.id LIMIT p_rows FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE signalbox.telemetry_queue q SET due = now() + interval '2 minutes', attempts = q.attempts + 1
    FROM open o WHERE q.tenant_id = o.tenant_id AND q.kind = o.kind AND q.id = o.id
    RETURNING q.tenant_id, q.kind, q.id, q.attempts
  )
  SELECT c.tenant_id, c.kind, c.id, c.attempts, CASE c.kind
    WHEN 'decision' THEN (SELECT to_jsonb(d) FROM signalbox.decisions d
      WHERE d.tenant_id = c.tenant_id AND d.day = signalbox.id_day(c.id) AND d.id = c.id)
    -- What people wrote stays here.
    ELSE (SELECT to_jsonb(f) - 'comment' FROM signalbox.feedback f WHERE f.tenant_id = c.tenant_id AND f.id = c.id)
  END
  FROM claimed c ORDER BY c.id
$$;

-- Forgets what was claimed (an array of {tenant_id, kind, id, attempts}), p_dropped of it untold. What has something
-- newer to tell stays.
CREATE FUNCTION signalbox.settle_telemetry(p_claimed jsonb, p_dropped integer) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE signalbox.telemetry_state SET dropped = dropped + p_dropped WHERE p_dropped > 0;
  DELETE FROM signalbox.telemetry_queue q
  USING jsonb_to_recordset(p_claimed) AS c (tenant_id text, kind text, id text, attempts integer)
  WHERE q.tenant_id = c.tenant_id AND q.kind = c.kind AND q.id = c.id AND q.attempts = c.attempts
$$;

-- Lets what was claimed wait p_seconds.
CREATE FUNCTION signalbox.postpone_telemetry(p_claimed jsonb, p_seconds double precision) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  UPDATE signalbox.telemetry_queue q SET due = now() + make_interval(secs => p_seconds)
  FROM jsonb_to_recordset(p_claimed) AS c (tenant_id text, kind text, id text, attempts integer)
  WHERE q.tenant_id = c.tenant_id AND q.kind = c.kind AND q.id = c.id AND q.attempts = c.attempts
$$;
GRANT EXECUTE ON FUNCTION signalbox.keep_telemetry(integer), signalbox.claim_telemetry(integer),
  signalbox.settle_telemetry(jsonb, integer), signalbox.postpone_telemetry(jsonb, double precision) TO signalbox_jobs;
-- Its policies show that role none of it.
GRANT SELECT ON signalbox.telemetry_queue TO signalbox_api;

SET LOCAL ROLE signalbox_owner;

-- What somebody thought of what a decision led to: one row for each decision, metric and source, the last word of it.
-- The decision is named by its composite key, without a foreign key: its row moves between partitions, and days of
-- decisions go at once. What feedback is looked up by is copied from the decision, which never changes.
CREATE TABLE signalbox.feedback (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  id text NOT NULL,
  decision_day date NOT NULL,
  decision_id text NOT NULL,
  router text,
  policy text,
  model text,
  arm text,
  source text NOT NULL CHECK (source IN ('inference', 'webhook')),
  source_id text NOT NULL,
  metric text NOT NULL,
  score double precision NOT NULL CHECK (score BETWEEN -1 AND 1),
  label text,
  comment text,
  given_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT feedback_word_key UNIQUE (tenant_id, decision_id, metric, source_id)
);
CREATE INDEX feedback_arm_idx ON signalbox.feedback (tenant_id, arm, metric) WHERE arm IS NOT NULL;

-- Events that have counted, so that each counts once.
CREATE TABLE signalbox.feedback_events (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  source_id text NOT NULL,
  event_id text NOT NULL,
  digest text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, source_id, event_id)
);
CREATE INDEX feedback_events_age_idx ON signalbox.feedback_events (created_at);

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['feedback', 'feedback_events'] LOOP
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE signalbox.%I FORCE ROW LEVEL SECURITY', v_table);
    EXECUTE format($policy$
      CREATE POLICY tenant_rows ON signalbox.%I FOR SELECT TO signalbox_api
        USING (tenant_id = current_setting('app.tenant_id', true))
    $policy$, v_table);
    EXECUTE format('CREATE POLICY functions_read ON signalbox.%I FOR SELECT TO signalbox_owner USING (true)', v_table);
    EXECUTE format('CREATE POLICY functions_record ON signalbox.%I FOR INSERT TO signalbox_owner WITH CHECK (true)',
      v_table);
    EXECUTE format($policy$
      CREATE POLICY functions_remove ON signalbox.%I FOR DELETE TO signalbox_owner
        USING (EXISTS (SELECT FROM signalbox.tenants t WHERE t.id = tenant_id AND t.status = 'deleting'))
    $policy$, v_table);
    EXECUTE format('GRANT SELECT ON signalbox.%I TO signalbox_api', v_table);
  END LOOP;
END
$$;
CREATE POLICY functions_replace ON signalbox.feedback FOR UPDATE TO signalbox_owner USING (true);
CREATE POLICY functions_purge ON signalbox.feedback_events TO signalbox_owner
  USING (created_at < now() - interval '31 days');

-- Records feedback of one tenant from one source and tells, by each event's place, what became of it:
--   recorded  it is the last word now, or was older than what is
--   repeated  an event of this id has counted, with the same content
--   reused    an event of this id has counted, with another content
--   unknown   the tenant has no such decision; the event has not counted
-- Several at once of one source take turns, so that the last one is the last and none deadlocks another.
CREATE FUNCTION signalbox.record_feedback(p_tenant_id text, p_source text, p_source_id text, p_events jsonb)
  RETURNS TABLE (place integer, outcome text, feedback_id text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_event record;
  v_decision record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('signalbox.feedback/' || p_tenant_id || '/' || p_source_id, 0));
  FOR v_event IN
    SELECT e.* FROM jsonb_to_recordset(p_events) AS e (
      place integer, id text, event_id text, digest text, decision text, metric text, score double precision,
      label text, comment text, given_at timestamptz
    ) ORDER BY e.place
  LOOP
    place := v_event.place;
    feedback_id := NULL;
    SELECT d.day, d.router, d.policy, d.model, d.arm INTO v_decision
      FROM signalbox.decisions d
      JOIN signalbox.tenants t ON t.id = d.tenant_id AND t.status = 'active'
      WHERE d.tenant_id = p_tenant_id AND d.day = signalbox.id_day(v_event.decision) AND d.id = v_event.decision;
    IF NOT FOUND THEN
      outcome := 'unknown';
      RETURN NEXT;
      CONTINUE;
    END IF;
    outcome := 'recorded';
    IF v_event.event_id IS NOT NULL THEN
      INSERT INTO signalbox.feedback_events (tenant_id, source_id, event_id, digest)
        VALUES (p_tenant_id, p_source_id, v_event.event_id, v_event.digest) ON CONFLICT DO NOTHING;
      IF NOT FOUND THEN
        SELECT CASE WHEN e.digest = v_event.digest THEN 'repeated' ELSE 'reused' END INTO outcome
          FROM signalbox.feedback_events e
          WHERE e.tenant_id = p_tenant_id AND e.source_id = p_source_id AND e.event_id = v_event.event_id;
      END IF;
    END IF;
    IF outcome = 'recorded' THEN
      INSERT INTO signalbox.feedback AS f (
        tenant_id, id, decision_day, decision_id, router, policy, model, arm, source, source_id, metric, score, label,
        comment, given_at
      ) VALUES (
        p_tenant_id, v_event.id, v_decision.day, v_event.decision, v_decision.router, v_decision.policy,
        v_decision.model, v_decision.arm, p_source, p_source_id, v_event.metric, v_event.score, v_event.label,
        v_event.comment, v_event.given_at
      )
      ON CONFLICT (tenant_id, decision_id, metric, source_id) DO UPDATE
        SET score = excluded.score, label = excluded.label, comment = excluded.comment, given_at = excluded.given_at,
          updated_at = now()
        WHERE f.given_at <= excluded.given_at;
    END IF;
    SELECT f.id INTO feedback_id FROM signalbox.feedback f
      WHERE f.tenant_id = p_tenant_id AND f.decision_id = v_event.decision AND f.metric = v_event.metric
        AND f.source_id = p_source_id;
    RETURN NEXT;
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.record_feedback(text, text, text, jsonb) TO signalbox_edge;

-- Removes up to p_rows names of events that concern no decision that feedback is still taken for; how many.
CREATE FUNCTION signalbox.purge_feedback_events(p_rows integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_purged integer;
BEGIN
  DELETE FROM signalbox.feedback_events WHERE ctid IN (
    SELECT ctid FROM signalbox.feedback_events WHERE created_at < now() - interval '31 days' LIMIT p_rows
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS v_purged = ROW_COUNT;
  RETURN v_purged;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.purge_feedback_events(integer) TO signalbox_jobs;

-- As before, with feedback.
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
  FOREACH v_table IN ARRAY ARRAY['feedback', 'feedback_events', 'decisions', 'idempotency_keys', 'audit_log', 'models',
    'providers', 'routers', 'api_keys'] LOOP
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

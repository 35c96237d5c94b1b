SET LOCAL ROLE signalbox_owner;

-- As before, but when feedback came in is told by the edge's clock, as of everything else that guardrails look at.
CREATE OR REPLACE FUNCTION signalbox.record_feedback(p_tenant_id text, p_source text, p_source_id text, p_events jsonb)
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
      label text, comment text, given_at timestamptz, at timestamptz
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
        comment, given_at, created_at, updated_at
      ) VALUES (
        p_tenant_id, v_event.id, v_decision.day, v_event.decision, v_decision.router, v_decision.policy,
        v_decision.model, v_decision.arm, p_source, p_source_id, v_event.metric, v_event.score, v_event.label,
        v_event.comment, v_event.given_at, v_event.at, v_event.at
      )
      ON CONFLICT (tenant_id, decision_id, metric, source_id) DO UPDATE
        SET score = excluded.score, label = excluded.label, comment = excluded.comment, given_at = excluded.given_at,
          updated_at = excluded.updated_at
        WHERE f.given_at <= excluded.given_at;
    END IF;
    SELECT f.id INTO feedback_id FROM signalbox.feedback f
      WHERE f.tenant_id = p_tenant_id AND f.decision_id = v_event.decision AND f.metric = v_event.metric
        AND f.source_id = p_source_id;
    RETURN NEXT;
  END LOOP;
END
$$;

-- Feedback on the requests of a rollout's arms, by the quarters of an hour that were over before p_before and in which
-- a request's last word came in: how many requests, the sum of their scores and of the squares. A request has one
-- score, the mean of its senders', for what they say of one request is no independent evidence.
CREATE FUNCTION signalbox.rollout_feedback(p_tenant_id text, p_id text, p_before timestamptz)
  RETURNS TABLE (batch timestamptz, arm text, scored integer, score double precision, score_squares double precision)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH requests AS (
    SELECT f.arm, avg(f.score) AS score, max(f.updated_at) AS told_at
    FROM signalbox.rollouts o
    JOIN signalbox.feedback f ON f.tenant_id = o.tenant_id AND f.arm IN ('control@' || o.id, 'candidate@' || o.id)
      AND f.metric = o.guardrails #>> '{feedback_score,metric}'
    WHERE o.tenant_id = p_tenant_id AND o.id = p_id AND (
      f.source = 'webhook'
      OR NOT coalesce((o.guardrails #>> '{feedback_score,exclude_inference_feedback}')::boolean, false)
    )
    GROUP BY f.arm, f.decision_id
  )
  SELECT date_bin('15 minutes', r.told_at, '2000-01-01Z'), split_part(r.arm, '@', 1), count(*)::integer, sum(r.score),
    sum(r.score * r.score)
  FROM requests r WHERE r.told_at < date_bin('15 minutes', p_before, '2000-01-01Z')
  GROUP BY 1, 2 ORDER BY 1, 2
$$;
GRANT EXECUTE ON FUNCTION signalbox.rollout_feedback(text, text, timestamptz) TO signalbox_jobs;

SET LOCAL ROLE signalbox_owner;

ALTER TABLE signalbox.rollouts
  ADD COLUMN guardrails jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(guardrails) = 'object');
CREATE INDEX decisions_arm_idx ON signalbox.decisions (tenant_id, arm) WHERE arm IS NOT NULL;

CREATE POLICY functions_abort ON signalbox.rollouts FOR UPDATE TO signalbox_owner
  USING (status = 'running') WITH CHECK (status = 'aborted');
CREATE POLICY functions_tell ON signalbox.audit_log FOR INSERT TO signalbox_owner WITH CHECK (actor = 'guardrails');

-- Running rollouts that are guarded.
CREATE FUNCTION signalbox.guarded_rollouts() RETURNS TABLE (tenant_id text, id text, guardrails jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT o.tenant_id, o.id, o.guardrails FROM signalbox.rollouts o
  WHERE o.status = 'running' AND o.guardrails <> '{}' ORDER BY o.tenant_id, o.id
$$;

-- What happened to the completions of a rollout's arms, by quarters of an hour that were over before p_before. Failed
-- is what broke off, failed, or was served only after a failed attempt; slow is by the rollout's own bounds.
CREATE FUNCTION signalbox.rollout_batches(p_tenant_id text, p_id text, p_before timestamptz)
  RETURNS TABLE (batch timestamptz, arm text, requests integer, failed integer, slow_first_byte integer,
    slow_total integer, costed integer, cost double precision, cost_squares double precision)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT date_bin('15 minutes', d.created_at, '2000-01-01Z') AS batch, split_part(d.arm, '@', 1), count(*)::integer,
    count(*) FILTER (WHERE d.request_status IN ('failed', 'interrupted') OR d.attempts > 1)::integer,
    count(*) FILTER (WHERE (d.timings_ms ->> 'first_byte')::double precision
      > (o.guardrails #>> '{slow_first_byte,over_ms}')::double precision)::integer,
    count(*) FILTER (WHERE (d.timings_ms ->> 'total')::double precision
      > (o.guardrails #>> '{slow_total,over_ms}')::double precision)::integer,
    count(d.cost_usd)::integer, coalesce(sum(d.cost_usd), 0), coalesce(sum(d.cost_usd * d.cost_usd), 0)
  FROM signalbox.rollouts o
  JOIN signalbox.decisions d ON d.tenant_id = o.tenant_id AND d.arm IN ('control@' || o.id, 'candidate@' || o.id)
  WHERE o.tenant_id = p_tenant_id AND o.id = p_id AND d.kind = 'completion'
    AND d.request_status IN ('completed', 'failed', 'interrupted')
    AND d.created_at < date_bin('15 minutes', p_before, '2000-01-01Z')
  GROUP BY 1, 2 ORDER BY 1, 2
$$;

-- Aborts a rollout that is still running and tells the audit log. Returns whether it did.
CREATE FUNCTION signalbox.abort_rollout(p_tenant_id text, p_id text, p_reason text, p_audit_id text) RETURNS boolean
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH aborted AS (
    UPDATE signalbox.rollouts SET status = 'aborted', reason = p_reason, updated_at = now()
    WHERE tenant_id = p_tenant_id AND id = p_id AND status = 'running' RETURNING tenant_id, id
  ), told AS (
    INSERT INTO signalbox.audit_log (tenant_id, id, actor, action, target_kind, target_id, changes, request_id)
    SELECT tenant_id, p_audit_id, 'guardrails', 'rollout.abort', 'rollout', id, jsonb_build_object(
      '/status', jsonb_build_object('from', 'running', 'to', 'aborted'),
      '/reason', jsonb_build_object('from', NULL, 'to', p_reason)
    ), p_audit_id FROM aborted RETURNING 1
  )
  SELECT EXISTS (SELECT FROM told)
$$;
GRANT EXECUTE ON FUNCTION signalbox.guarded_rollouts(),
  signalbox.rollout_batches(text, text, timestamptz), signalbox.abort_rollout(text, text, text, text)
  TO signalbox_jobs;

SET LOCAL ROLE signalbox_owner;

-- Steps that widen a rollout by themselves. A step under way has an end; while its rollout is paused it has what was
-- left of its time instead; after the last one there is neither, and the rollout waits for its owner.
ALTER TABLE signalbox.rollouts
  ADD COLUMN schedule jsonb CHECK (jsonb_typeof(schedule) = 'object'),
  ADD COLUMN schedule_step integer CHECK (schedule_step >= 0),
  ADD COLUMN step_ends_at timestamptz,
  ADD COLUMN step_left_ms double precision CHECK (step_left_ms >= 0),
  ADD CONSTRAINT rollouts_schedule_state CHECK (
    (schedule IS NULL) = (schedule_step IS NULL) AND num_nonnulls(step_ends_at, step_left_ms) <= 1
    AND (schedule IS NOT NULL OR num_nonnulls(step_ends_at, step_left_ms) = 0)
  );
GRANT UPDATE (schedule, schedule_step, step_ends_at, step_left_ms) ON signalbox.rollouts TO signalbox_api;
CREATE INDEX rollouts_step_idx ON signalbox.rollouts (step_ends_at) WHERE status = 'running';

CREATE POLICY functions_advance ON signalbox.rollouts FOR UPDATE TO signalbox_owner
  USING (status = 'running') WITH CHECK (status = 'running');
ALTER POLICY functions_tell ON signalbox.audit_log WITH CHECK (actor IN ('guardrails', 'schedule'));

-- Running rollouts whose step was over at p_at.
CREATE FUNCTION signalbox.due_rollouts(p_at timestamptz)
  RETURNS TABLE (tenant_id text, id text, guardrails jsonb, step integer, step_ends_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT o.tenant_id, o.id, o.guardrails, o.schedule_step, o.step_ends_at FROM signalbox.rollouts o
  WHERE o.status = 'running' AND o.step_ends_at <= p_at ORDER BY o.step_ends_at, o.tenant_id, o.id
$$;

-- Begins a rollout's next step at p_at, or lets it wait for its owner after the last, and tells the audit log. Returns
-- its percent; NULL when p_step is no longer under way, is not over, or somebody has paused or ended the rollout.
CREATE FUNCTION signalbox.advance_rollout(
  p_tenant_id text, p_id text, p_step integer, p_at timestamptz, p_audit_id text
) RETURNS double precision
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_rollout signalbox.rollouts;
  v_next jsonb;
  v_percent double precision;
BEGIN
  SELECT * INTO v_rollout FROM signalbox.rollouts
    WHERE tenant_id = p_tenant_id AND id = p_id AND status = 'running' AND schedule_step = p_step
      AND step_ends_at <= p_at
    FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  v_next := v_rollout.schedule -> 'steps' -> (p_step + 1);
  IF v_next IS NULL THEN
    UPDATE signalbox.rollouts SET step_ends_at = NULL, updated_at = p_at WHERE tenant_id = p_tenant_id AND id = p_id;
    INSERT INTO signalbox.audit_log
      (tenant_id, id, actor, action, target_kind, target_id, changes, request_id, created_at)
    VALUES (p_tenant_id, p_audit_id, 'schedule', 'rollout.ask', 'rollout', p_id,
      '{"/schedule/state": {"from": "running", "to": "asking"}}', p_audit_id, p_at);
    RETURN v_rollout.percent;
  END IF;
  v_percent := (v_next ->> 'percent')::double precision;
  UPDATE signalbox.rollouts SET percent = v_percent, schedule_step = p_step + 1, updated_at = p_at,
      step_ends_at = p_at + (v_next ->> 'for_minutes')::double precision * interval '1 minute'
    WHERE tenant_id = p_tenant_id AND id = p_id;
  INSERT INTO signalbox.audit_log
    (tenant_id, id, actor, action, target_kind, target_id, changes, request_id, created_at)
  VALUES (p_tenant_id, p_audit_id, 'schedule', 'rollout.advance', 'rollout', p_id, jsonb_build_object(
    '/percent', jsonb_build_object('from', v_rollout.percent, 'to', v_percent),
    '/schedule/step', jsonb_build_object('from', p_step + 1, 'to', p_step + 2)
  ), p_audit_id, p_at);
  RETURN v_percent;
END
$$;

-- As before, at an instant of the edge's clock, as of everything else that is known of a rollout.
DROP FUNCTION signalbox.abort_rollout(text, text, text, text);
CREATE FUNCTION signalbox.abort_rollout(
  p_tenant_id text, p_id text, p_reason text, p_at timestamptz, p_audit_id text
) RETURNS boolean
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH aborted AS (
    UPDATE signalbox.rollouts SET status = 'aborted', reason = p_reason, updated_at = p_at
    WHERE tenant_id = p_tenant_id AND id = p_id AND status = 'running' RETURNING tenant_id, id
  ), told AS (
    INSERT INTO signalbox.audit_log
      (tenant_id, id, actor, action, target_kind, target_id, changes, request_id, created_at)
    SELECT tenant_id, p_audit_id, 'guardrails', 'rollout.abort', 'rollout', id, jsonb_build_object(
      '/status', jsonb_build_object('from', 'running', 'to', 'aborted'),
      '/reason', jsonb_build_object('from', NULL, 'to', p_reason)
    ), p_audit_id, p_at FROM aborted RETURNING 1
  )
  SELECT EXISTS (SELECT FROM told)
$$;
GRANT EXECUTE ON FUNCTION signalbox.due_rollouts(timestamptz),
  signalbox.advance_rollout(text, text, integer, timestamptz, text),
  signalbox.abort_rollout(text, text, text, timestamptz, text) TO signalbox_jobs;

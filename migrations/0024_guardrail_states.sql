SET LOCAL ROLE signalbox_owner;

-- What guardrails look at, of the tenant that a session is in: as row-level security would have it.
CREATE FUNCTION signalbox.own_rollout_batches(p_id text, p_before timestamptz)
  RETURNS TABLE (batch timestamptz, arm text, requests integer, failed integer, slow_first_byte integer,
    slow_total integer, costed integer, cost double precision, cost_squares double precision)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT b.* FROM signalbox.rollout_batches(current_setting('app.tenant_id', true), p_id, p_before) b
$$;
CREATE FUNCTION signalbox.own_rollout_feedback(p_id text, p_before timestamptz)
  RETURNS TABLE (batch timestamptz, arm text, scored integer, score double precision, score_squares double precision)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT f.* FROM signalbox.rollout_feedback(current_setting('app.tenant_id', true), p_id, p_before) f
$$;
GRANT EXECUTE ON FUNCTION signalbox.own_rollout_batches(text, timestamptz),
  signalbox.own_rollout_feedback(text, timestamptz) TO signalbox_api;

SET LOCAL ROLE signalbox_owner;

-- Of the key that asked for a run; null for runs that are older than this.
ALTER TABLE signalbox.evaluations ADD COLUMN key_id text;

-- As before, with what a trial's receipt names. A run whose key nobody wrote down stands in for it.
DROP FUNCTION signalbox.claim_evaluation_cases(integer);
CREATE FUNCTION signalbox.claim_evaluation_cases(p_rows integer)
  RETURNS TABLE (tenant_id text, evaluation_id text, place integer, attempts integer, messages jsonb, document jsonb,
    policy_digest text, router text, key_id text)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH open AS (
    SELECT c.tenant_id, c.evaluation_id, c.place, e.document, e.policy_digest, r.slug AS router,
      coalesce(e.key_id, e.id) AS key_id
    FROM signalbox.evaluation_cases c
    JOIN signalbox.evaluations e ON e.tenant_id = c.tenant_id AND e.id = c.evaluation_id AND e.status = 'running'
    JOIN signalbox.routers r ON r.tenant_id = e.tenant_id AND r.id = e.router_id
    JOIN signalbox.tenants t ON t.id = c.tenant_id AND t.status = 'active'
    WHERE c.readings IS NULL AND (c.claimed_until IS NULL OR c.claimed_until < now())
    ORDER BY c.place, c.evaluation_id LIMIT p_rows FOR UPDATE OF c SKIP LOCKED
  )
  UPDATE signalbox.evaluation_cases c
  SET claimed_until = now() + interval '2 minutes', attempts = c.attempts + 1
  FROM open o
  WHERE c.tenant_id = o.tenant_id AND c.evaluation_id = o.evaluation_id AND c.place = o.place
  RETURNING c.tenant_id, c.evaluation_id, c.place, c.attempts, c.messages, o.document, o.policy_digest, o.router,
    o.key_id
$$;
REVOKE EXECUTE ON FUNCTION signalbox.claim_evaluation_cases(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signalbox.claim_evaluation_cases(integer) TO signalbox_jobs;

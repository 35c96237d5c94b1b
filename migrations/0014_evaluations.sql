SET LOCAL ROLE signalbox_owner;

-- A run of known conversations against one document, kept as it was when the run was asked for.
CREATE TABLE signalbox.evaluations (
  tenant_id text NOT NULL,
  id text NOT NULL,
  router_id text NOT NULL,
  revision text NOT NULL,
  document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
  document_digest text NOT NULL,
  policy_digest text NOT NULL,
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'finished', 'cancelled')),
  cases integer NOT NULL CHECK (cases > 0),
  decided integer NOT NULL DEFAULT 0 CHECK (decided BETWEEN 0 AND cases),
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT evaluations_router_fkey FOREIGN KEY (tenant_id, router_id)
    REFERENCES signalbox.routers (tenant_id, id) ON DELETE CASCADE
);
-- One at a time: a router's runs do not hold up one another, nor other tenants'.
CREATE UNIQUE INDEX evaluations_running_key ON signalbox.evaluations (tenant_id, router_id) WHERE status = 'running';

-- Copies of the conversations, each with what the engine said of its user messages once that is known.
CREATE TABLE signalbox.evaluation_cases (
  tenant_id text NOT NULL,
  evaluation_id text NOT NULL,
  place integer NOT NULL,
  golden_case_id text,
  name text,
  messages jsonb NOT NULL CHECK (jsonb_typeof(messages) = 'array'),
  expected jsonb NOT NULL CHECK (jsonb_typeof(expected) = 'array'),
  readings jsonb CHECK (jsonb_typeof(readings) = 'array'),
  attempts integer NOT NULL DEFAULT 0,
  claimed_until timestamptz,
  PRIMARY KEY (tenant_id, evaluation_id, place),
  CONSTRAINT evaluation_cases_evaluation_fkey FOREIGN KEY (tenant_id, evaluation_id)
    REFERENCES signalbox.evaluations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX evaluation_cases_open_idx ON signalbox.evaluation_cases (place) WHERE readings IS NULL;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['evaluations', 'evaluation_cases'] LOOP
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE signalbox.%I FORCE ROW LEVEL SECURITY', v_table);
    EXECUTE format($policy$
      CREATE POLICY tenant_rows ON signalbox.%I TO signalbox_api
        USING (tenant_id = current_setting('app.tenant_id', true))
        WITH CHECK (tenant_id = current_setting('app.tenant_id', true))
    $policy$, v_table);
    EXECUTE format('CREATE POLICY functions_read ON signalbox.%I FOR SELECT TO signalbox_owner USING (true)', v_table);
    EXECUTE format('CREATE POLICY functions_run ON signalbox.%I FOR UPDATE TO signalbox_owner USING (true)', v_table);
    EXECUTE format('GRANT SELECT, INSERT ON signalbox.%I TO signalbox_api', v_table);
  END LOOP;
END
$$;
GRANT UPDATE (status, finished_at) ON signalbox.evaluations TO signalbox_api;

-- Up to p_rows conversations of running evaluations that nobody works on, the first of each run first, so that a long
-- run holds up no short one. A claim that is not made good in two minutes is anybody's again.
CREATE FUNCTION signalbox.claim_evaluation_cases(p_rows integer)
  RETURNS TABLE (tenant_id text, evaluation_id text, place integer, attempts integer, messages jsonb, document jsonb,
    policy_digest text)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  WITH open AS (
    SELECT c.tenant_id, c.evaluation_id, c.place, e.document, e.policy_digest
    FROM signalbox.evaluation_cases c
    JOIN signalbox.evaluations e ON e.tenant_id = c.tenant_id AND e.id = c.evaluation_id AND e.status = 'running'
    JOIN signalbox.tenants t ON t.id = c.tenant_id AND t.status = 'active'
    WHERE c.readings IS NULL AND (c.claimed_until IS NULL OR c.claimed_until < now())
    ORDER BY c.place, c.evaluation_id LIMIT p_rows FOR UPDATE OF c SKIP LOCKED
  )
  UPDATE signalbox.evaluation_cases c
  SET claimed_until = now() + interval '2 minutes', attempts = c.attempts + 1
  FROM open o
  WHERE c.tenant_id = o.tenant_id AND c.evaluation_id = o.evaluation_id AND c.place = o.place
  RETURNING c.tenant_id, c.evaluation_id, c.place, c.attempts, c.messages, o.document, o.policy_digest
$$;

-- Stores what the engine said of a conversation, once; the last one finishes its run. Returns whether it was stored.
CREATE FUNCTION signalbox.store_evaluation_case(
  p_tenant_id text, p_evaluation_id text, p_place integer, p_readings jsonb
) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM signalbox.evaluations
    WHERE tenant_id = p_tenant_id AND id = p_evaluation_id AND status = 'running' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE signalbox.evaluation_cases SET readings = p_readings, claimed_until = NULL
    WHERE tenant_id = p_tenant_id AND evaluation_id = p_evaluation_id AND place = p_place AND readings IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE signalbox.evaluations SET decided = decided + 1,
    status = CASE WHEN decided + 1 = cases THEN 'finished' ELSE status END,
    finished_at = CASE WHEN decided + 1 = cases THEN now() END
    WHERE tenant_id = p_tenant_id AND id = p_evaluation_id;
  RETURN true;
END
$$;
GRANT EXECUTE ON FUNCTION signalbox.claim_evaluation_cases(integer),
  signalbox.store_evaluation_case(text, text, integer, jsonb) TO signalbox_jobs;

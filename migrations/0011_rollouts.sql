SET LOCAL ROLE signalbox_owner;

-- A share of one policy's conversations that goes to a candidate instead of the policy's target.
CREATE TABLE signalbox.rollouts (
  tenant_id text NOT NULL,
  id text NOT NULL,
  router_id text NOT NULL,
  policy text NOT NULL,
  candidate jsonb NOT NULL CHECK (jsonb_typeof(candidate) = 'object'),
  percent double precision NOT NULL CHECK (percent BETWEEN 0 AND 100),
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'paused', 'promoted', 'aborted')),
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT rollouts_router_fkey FOREIGN KEY (tenant_id, router_id)
    REFERENCES signalbox.routers (tenant_id, id) ON DELETE CASCADE
);
-- Two rollouts of one policy could not both have the share they ask for.
CREATE UNIQUE INDEX rollouts_open_key ON signalbox.rollouts (tenant_id, router_id, policy)
  WHERE status IN ('running', 'paused');

ALTER TABLE signalbox.rollouts ENABLE ROW LEVEL SECURITY;
ALTER TABLE signalbox.rollouts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON signalbox.rollouts TO signalbox_api
  USING (tenant_id = current_setting('app.tenant_id', true))
  WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY functions_read ON signalbox.rollouts FOR SELECT TO signalbox_owner USING (true);
GRANT SELECT, INSERT, UPDATE (percent, status, reason, updated_at) ON signalbox.rollouts TO signalbox_api;

-- A rollout goes only with its router, which changes the revision itself.
CREATE TRIGGER bump_revision AFTER INSERT OR UPDATE OF percent, status ON signalbox.rollouts
  FOR EACH ROW EXECUTE FUNCTION signalbox.bump_revision();

-- A snapshot is a tenant's configuration and what moves within it.
ALTER FUNCTION signalbox.edge_snapshot(text, bigint) RENAME TO configuration_snapshot;
REVOKE EXECUTE ON FUNCTION signalbox.configuration_snapshot(text, bigint) FROM signalbox_edge;

CREATE FUNCTION signalbox.edge_snapshot(p_key_hash text, p_known_revision bigint) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN c.snapshot ? 'tenant'
    THEN c.snapshot || jsonb_build_object('rollouts', coalesce((
      SELECT jsonb_agg(jsonb_build_object(
        'id', o.id, 'router', r.slug, 'policy', o.policy, 'candidate', o.candidate, 'percent', o.percent
      ) ORDER BY o.id)
      FROM signalbox.rollouts o
      JOIN signalbox.routers r ON r.tenant_id = o.tenant_id AND r.id = o.router_id
      WHERE o.tenant_id = c.snapshot #>> '{tenant,id}' AND o.status = 'running'
    ), '[]'))
    ELSE c.snapshot
  END
  FROM signalbox.configuration_snapshot(p_key_hash, p_known_revision) AS c (snapshot)
$$;
REVOKE EXECUTE ON FUNCTION signalbox.edge_snapshot(text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signalbox.edge_snapshot(text, bigint) TO signalbox_edge;

SET LOCAL ROLE signalbox_owner;

-- Forced, so that the owner of the tables, as whom the SECURITY DEFINER functions run, needs a policy too.
DO $$
DECLARE
  v_table text;
BEGIN
  FOR v_table IN SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'signalbox' LOOP
    EXECUTE format('ALTER TABLE signalbox.%I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE signalbox.%I FORCE ROW LEVEL SECURITY', v_table);
  END LOOP;
END
$$;

-- The management role sees one tenant: the one its transaction names.
DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['api_keys', 'providers', 'models', 'routers', 'router_drafts', 'router_versions',
    'decisions', 'idempotency_keys', 'audit_log'] LOOP
    EXECUTE format($policy$
      CREATE POLICY tenant_rows ON signalbox.%I TO signalbox_api
        USING (tenant_id = current_setting('app.tenant_id', true))
        WITH CHECK (tenant_id = current_setting('app.tenant_id', true))
    $policy$, v_table);
  END LOOP;
END
$$;
CREATE POLICY tenant_itself ON signalbox.tenants FOR SELECT TO signalbox_api
  USING (id = current_setting('app.tenant_id', true));

-- The operator manages tenants, may put rows into a tenant it makes, and reads none of a tenant's own.
CREATE POLICY operator_tenants ON signalbox.tenants TO signalbox_api
  USING (current_setting('app.operator', true) = 'on')
  WITH CHECK (current_setting('app.operator', true) = 'on');
CREATE POLICY operator_adds_key ON signalbox.api_keys FOR INSERT TO signalbox_api
  WITH CHECK (current_setting('app.operator', true) = 'on');
CREATE POLICY operator_adds_audit ON signalbox.audit_log FOR INSERT TO signalbox_api
  WITH CHECK (current_setting('app.operator', true) = 'on');
CREATE POLICY operator_audit ON signalbox.operator_audit_log TO signalbox_api
  USING (current_setting('app.operator', true) = 'on')
  WITH CHECK (current_setting('app.operator', true) = 'on');

-- What the functions of this schema read and write, and nothing more.
CREATE POLICY functions_read ON signalbox.tenants FOR SELECT TO signalbox_owner USING (true);
CREATE POLICY functions_bump_revision ON signalbox.tenants FOR UPDATE TO signalbox_owner USING (true);
CREATE POLICY functions_read ON signalbox.api_keys FOR SELECT TO signalbox_owner USING (true);
CREATE POLICY functions_read ON signalbox.providers FOR SELECT TO signalbox_owner USING (true);
CREATE POLICY functions_read ON signalbox.models FOR SELECT TO signalbox_owner USING (true);
CREATE POLICY functions_read ON signalbox.routers FOR SELECT TO signalbox_owner USING (true);
CREATE POLICY functions_read ON signalbox.router_versions FOR SELECT TO signalbox_owner USING (true);
CREATE POLICY functions_read ON signalbox.decisions FOR SELECT TO signalbox_owner USING (true);
CREATE POLICY functions_append ON signalbox.decisions FOR INSERT TO signalbox_owner WITH CHECK (true);
CREATE POLICY functions_partition ON signalbox.decisions_default TO signalbox_owner USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE (name, status) ON signalbox.tenants TO signalbox_api;
GRANT SELECT, INSERT, UPDATE (name, scopes, allowed_models, allowed_routers, expires_at, revoked_at)
  ON signalbox.api_keys TO signalbox_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON signalbox.providers, signalbox.models, signalbox.routers,
  signalbox.router_drafts, signalbox.idempotency_keys TO signalbox_api;
GRANT SELECT, INSERT ON signalbox.router_versions, signalbox.audit_log, signalbox.operator_audit_log TO signalbox_api;
GRANT SELECT ON signalbox.decisions TO signalbox_api;

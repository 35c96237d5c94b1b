SET LOCAL ROLE signalbox_owner;

-- Conversations whose right policies are known; they go with their router.
CREATE TABLE signalbox.golden_cases (
  tenant_id text NOT NULL,
  id text NOT NULL,
  router_id text NOT NULL,
  name text,
  messages jsonb NOT NULL CHECK (jsonb_typeof(messages) = 'array'),
  expected jsonb NOT NULL CHECK (jsonb_typeof(expected) = 'array'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT golden_cases_router_fkey FOREIGN KEY (tenant_id, router_id)
    REFERENCES signalbox.routers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX golden_cases_router_idx ON signalbox.golden_cases (tenant_id, router_id, id);

ALTER TABLE signalbox.golden_cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE signalbox.golden_cases FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON signalbox.golden_cases TO signalbox_api
  USING (tenant_id = current_setting('app.tenant_id', true))
  WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
GRANT SELECT, INSERT, UPDATE (name, messages, expected, updated_at), DELETE ON signalbox.golden_cases TO signalbox_api;

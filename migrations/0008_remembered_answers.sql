SET LOCAL ROLE signalbox_owner;

-- A remembered answer is replayed by the route it was given on, which knows its status.
ALTER TABLE signalbox.idempotency_keys DROP COLUMN status;

-- The operator's writes belong to no tenant that exists before them.
CREATE TABLE signalbox.operator_idempotency_keys (
  scope_hash text PRIMARY KEY,
  body_hash text NOT NULL,
  response jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE signalbox.operator_idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE signalbox.operator_idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_answers ON signalbox.operator_idempotency_keys TO signalbox_api
  USING (current_setting('app.operator', true) = 'on')
  WITH CHECK (current_setting('app.operator', true) = 'on');
GRANT SELECT, INSERT, UPDATE, DELETE ON signalbox.operator_idempotency_keys TO signalbox_api;

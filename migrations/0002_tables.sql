SET LOCAL ROLE signalbox_owner;

CREATE TABLE signalbox.tenants (
  id text PRIMARY KEY CHECK (id ~ '^ten_[0-9a-z]{26}$'),
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleting')),
  revision bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE signalbox.api_keys (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  id text NOT NULL,
  name text NOT NULL,
  environment text NOT NULL,
  hash text NOT NULL CONSTRAINT api_keys_hash_key UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
  display_prefix text NOT NULL,
  scopes jsonb NOT NULL CHECK (jsonb_typeof(scopes) = 'array'),
  allowed_models jsonb CHECK (jsonb_typeof(allowed_models) = 'array'),
  allowed_routers jsonb CHECK (jsonb_typeof(allowed_routers) = 'array'),
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE signalbox.providers (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  id text NOT NULL,
  slug text NOT NULL,
  kind text NOT NULL,
  base_url text,
  credential jsonb CHECK (jsonb_typeof(credential) = 'object'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT providers_slug_key UNIQUE (tenant_id, slug)
);

CREATE TABLE signalbox.models (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  id text NOT NULL,
  slug text NOT NULL,
  provider_id text NOT NULL,
  upstream_model text NOT NULL,
  prices jsonb CHECK (jsonb_typeof(prices) = 'object'),
  context_window integer CHECK (context_window > 0),
  modalities jsonb NOT NULL CHECK (jsonb_typeof(modalities) = 'array'),
  capabilities jsonb NOT NULL CHECK (jsonb_typeof(capabilities) = 'object'),
  timeouts jsonb NOT NULL CHECK (jsonb_typeof(timeouts) = 'object'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT models_slug_key UNIQUE (tenant_id, slug),
  CONSTRAINT models_provider_fkey FOREIGN KEY (tenant_id, provider_id) REFERENCES signalbox.providers (tenant_id, id)
);
CREATE INDEX models_provider_idx ON signalbox.models (tenant_id, provider_id);

CREATE TABLE signalbox.routers (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  id text NOT NULL,
  slug text NOT NULL,
  published_version integer CHECK (published_version > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT routers_slug_key UNIQUE (tenant_id, slug)
);

CREATE TABLE signalbox.router_drafts (
  tenant_id text NOT NULL,
  router_id text NOT NULL,
  etag text NOT NULL,
  document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, router_id),
  CONSTRAINT router_drafts_router_fkey FOREIGN KEY (tenant_id, router_id)
    REFERENCES signalbox.routers (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE signalbox.router_versions (
  tenant_id text NOT NULL,
  router_id text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
  policy_digest text NOT NULL,
  note text,
  published_by text NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, router_id, version),
  CONSTRAINT router_versions_router_fkey FOREIGN KEY (tenant_id, router_id)
    REFERENCES signalbox.routers (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE signalbox.routers
  ADD CONSTRAINT routers_published_version_fkey FOREIGN KEY (tenant_id, id, published_version)
  REFERENCES signalbox.router_versions (tenant_id, router_id, version);

CREATE TABLE signalbox.decisions (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  day date NOT NULL,
  id text NOT NULL,
  key_id text NOT NULL,
  request_id text NOT NULL,
  created_at timestamptz NOT NULL,
  kind text NOT NULL,
  router text,
  router_version integer,
  policy_digest text,
  outcome text,
  policy text,
  confidence double precision,
  alternatives jsonb NOT NULL,
  source text NOT NULL,
  engine text,
  unsure_reason text,
  conversation_key text,
  conversation_key_source text,
  arm text,
  requested_model text NOT NULL,
  model text,
  provider text,
  upstream_model text,
  attempts integer NOT NULL,
  stream boolean NOT NULL,
  request_status text NOT NULL,
  http_status integer NOT NULL,
  error_code text,
  finish_reason text,
  input_tokens integer,
  cached_input_tokens integer,
  output_tokens integer,
  reasoning_tokens integer,
  estimated boolean NOT NULL,
  cost_usd double precision,
  timings_ms jsonb NOT NULL,
  PRIMARY KEY (tenant_id, day, id)
) PARTITION BY RANGE (day);
CREATE INDEX decisions_recent_idx ON signalbox.decisions (tenant_id, id DESC);
CREATE TABLE signalbox.decisions_default PARTITION OF signalbox.decisions DEFAULT;

CREATE TABLE signalbox.idempotency_keys (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  scope_hash text NOT NULL,
  body_hash text NOT NULL,
  status integer NOT NULL,
  response jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, scope_hash)
);

CREATE TABLE signalbox.audit_log (
  tenant_id text NOT NULL REFERENCES signalbox.tenants (id),
  id text NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  target_kind text NOT NULL,
  target_id text NOT NULL,
  changes jsonb NOT NULL CHECK (jsonb_typeof(changes) = 'object'),
  request_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);

-- No reference to tenants: this row outlives the tenant it speaks of.
CREATE TABLE signalbox.operator_audit_log (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  action text NOT NULL,
  changes jsonb NOT NULL CHECK (jsonb_typeof(changes) = 'object'),
  request_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

SET LOCAL ROLE signalbox_owner;

-- ISO 8601 in UTC with milliseconds, as JavaScript writes it.
CREATE FUNCTION signalbox.iso_instant(p_instant timestamptz) RETURNS text
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN to_char(p_instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- All that a request of one key needs; NULL for an unknown key; a tiny answer when the caller's revision is current.
-- Revoked and expired keys come back with their dates: the edge judges them by its own clock on every request.
CREATE FUNCTION signalbox.edge_snapshot(p_key_hash text, p_known_revision bigint) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE WHEN t.revision = p_known_revision
    THEN jsonb_build_object('revision', t.revision, 'unchanged', true)
    ELSE jsonb_build_object(
      'revision', t.revision,
      'tenant', jsonb_build_object('id', t.id, 'status', t.status),
      'key', jsonb_build_object(
        'id', k.id,
        'environment', k.environment,
        'scopes', k.scopes,
        'expires_at', signalbox.iso_instant(k.expires_at),
        'revoked_at', signalbox.iso_instant(k.revoked_at),
        'allowed_models', k.allowed_models,
        'allowed_routers', k.allowed_routers
      ),
      'providers', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
          'id', p.id, 'slug', p.slug, 'kind', p.kind, 'base_url', p.base_url, 'credential', p.credential
        ) ORDER BY p.slug)
        FROM signalbox.providers p WHERE p.tenant_id = t.id
      ), '[]'),
      'models', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
          'id', m.id,
          'slug', m.slug,
          'provider', p.slug,
          'upstream_model', m.upstream_model,
          'prices', m.prices,
          'context_window', m.context_window,
          'modalities', m.modalities,
          'capabilities', m.capabilities,
          'timeouts', m.timeouts,
          'created_at', signalbox.iso_instant(m.created_at)
        ) ORDER BY m.slug)
        FROM signalbox.models m
        JOIN signalbox.providers p ON p.tenant_id = m.tenant_id AND p.id = m.provider_id
        WHERE m.tenant_id = t.id
      ), '[]'),
      'routers', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
          'id', r.id,
          'slug', r.slug,
          'version', v.version,
          'policy_digest', v.policy_digest,
          'published_at', signalbox.iso_instant(v.published_at),
          'document', v.document
        ) ORDER BY r.slug)
        FROM signalbox.routers r
        JOIN signalbox.router_versions v
          ON v.tenant_id = r.tenant_id AND v.router_id = r.id AND v.version = r.published_version
        WHERE r.tenant_id = t.id
      ), '[]')
    )
  END
  FROM signalbox.api_keys k
  JOIN signalbox.tenants t ON t.id = k.tenant_id
  WHERE k.hash = p_key_hash
$$;
GRANT EXECUTE ON FUNCTION signalbox.edge_snapshot(text, bigint) TO signalbox_edge;

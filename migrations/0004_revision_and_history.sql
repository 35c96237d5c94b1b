SET LOCAL ROLE signalbox_owner;

-- Edges hold a tenant's configuration by its revision: whatever changes a snapshot changes the revision with it.
CREATE FUNCTION signalbox.bump_revision() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
    RETURN NULL;
  END IF;
  UPDATE signalbox.tenants SET revision = revision + 1
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
  RETURN NULL;
END
$$;

CREATE TRIGGER bump_revision AFTER INSERT OR UPDATE OR DELETE ON signalbox.api_keys
  FOR EACH ROW EXECUTE FUNCTION signalbox.bump_revision();
CREATE TRIGGER bump_revision AFTER INSERT OR UPDATE OR DELETE ON signalbox.providers
  FOR EACH ROW EXECUTE FUNCTION signalbox.bump_revision();
CREATE TRIGGER bump_revision AFTER INSERT OR UPDATE OR DELETE ON signalbox.models
  FOR EACH ROW EXECUTE FUNCTION signalbox.bump_revision();
CREATE TRIGGER bump_revision AFTER INSERT OR DELETE OR UPDATE OF slug, published_version ON signalbox.routers
  FOR EACH ROW EXECUTE FUNCTION signalbox.bump_revision();

CREATE FUNCTION signalbox.bump_own_revision() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  RETURN NEW;
END
$$;
CREATE TRIGGER bump_own_revision BEFORE UPDATE OF status ON signalbox.tenants
  FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION signalbox.bump_own_revision();

CREATE FUNCTION signalbox.refuse_change() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER immutable BEFORE UPDATE OR TRUNCATE ON signalbox.router_versions
  FOR EACH STATEMENT EXECUTE FUNCTION signalbox.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signalbox.operator_audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION signalbox.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON signalbox.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION signalbox.refuse_change();

-- A tenant's audit trail goes only with the tenant.
CREATE FUNCTION signalbox.refuse_audit_delete() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM signalbox.tenants WHERE id = OLD.tenant_id AND status = 'deleting') THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'signalbox.audit_log is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only_rows BEFORE DELETE ON signalbox.audit_log
  FOR EACH ROW EXECUTE FUNCTION signalbox.refuse_audit_delete();

-- Roles are cluster-wide, so another database of the same cluster may have made them already.
-- None gets a password here: a login without one is refused until the deployment sets it.
DO $$
DECLARE
  v_role text;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['signalbox_owner', 'signalbox_api', 'signalbox_edge', 'signalbox_jobs'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE', v_role);
    END IF;
  END LOOP;
END
$$;

ALTER ROLE signalbox_api LOGIN;
ALTER ROLE signalbox_edge LOGIN;
ALTER ROLE signalbox_jobs LOGIN;

-- A query names its schema; nothing is found by accident, and nothing runs for ever.
ALTER ROLE signalbox_api SET search_path = '';
ALTER ROLE signalbox_edge SET search_path = '';
ALTER ROLE signalbox_jobs SET search_path = '';
ALTER ROLE signalbox_api SET timezone = 'UTC';
ALTER ROLE signalbox_edge SET timezone = 'UTC';
ALTER ROLE signalbox_jobs SET timezone = 'UTC';
ALTER ROLE signalbox_api SET statement_timeout = '15s';
ALTER ROLE signalbox_api SET lock_timeout = '5s';
ALTER ROLE signalbox_api SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE signalbox_edge SET statement_timeout = '10s';
ALTER ROLE signalbox_edge SET lock_timeout = '5s';
ALTER ROLE signalbox_edge SET idle_in_transaction_session_timeout = '15s';

-- The migrating login makes objects as their owner. A superuser may already; others need the membership.
DO $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT signalbox_owner TO %I WITH INHERIT FALSE, SET TRUE', current_user);
  END IF;
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format(
    'GRANT CONNECT ON DATABASE %I TO signalbox_api, signalbox_edge, signalbox_jobs', current_database());
  EXECUTE format('GRANT CREATE ON DATABASE %I TO signalbox_owner', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

SET LOCAL ROLE signalbox_owner;
CREATE SCHEMA signalbox;
GRANT USAGE ON SCHEMA signalbox TO signalbox_api, signalbox_edge, signalbox_jobs;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
RESET ROLE;

DO $$
BEGIN
  EXECUTE format('REVOKE CREATE ON DATABASE %I FROM signalbox_owner', current_database());
END
$$;

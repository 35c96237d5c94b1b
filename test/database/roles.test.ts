import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, refusal, rows, type LoginName } from "./connect.ts";
import { makeFullTenant, type FullTenant } from "./full-tenant.ts";
import { tablesOf } from "./tables.ts";

const DENIED = "42501";

describe("database roles", () => {
  const clients = {} as Record<LoginName, pg.Client>;
  let tenant: FullTenant;

  beforeAll(async () => {
    for (const login of ["admin", "edge", "api", "jobs"] as const) clients[login] = await connect(login);
    tenant = await makeFullTenant(clients.admin);
  });
  afterAll(async () => {
    await Promise.all(Object.values(clients).map((client) => client.end()));
  });

  it("have no power beside their grants", async () => {
    const roles = await rows(
      clients.admin,
      `SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname ~ '^signalbox_(owner|api|edge|jobs)$'
       AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit) ORDER BY 1`,
    );
    expect(roles).toEqual([
      { rolname: "signalbox_api", rolcanlogin: true },
      { rolname: "signalbox_edge", rolcanlogin: true },
      { rolname: "signalbox_jobs", rolcanlogin: true },
      { rolname: "signalbox_owner", rolcanlogin: false },
    ]);
  });

  it.each(["edge", "api", "jobs"] as const)("%s cannot become another role or make anything", async (login) => {
    const client = clients[login];
    for (const text of [
      "SET ROLE signalbox_owner",
      "SET ROLE signalbox_admin",
      "CREATE TABLE signalbox.x ()",
      "CREATE TABLE public.x ()",
      "CREATE TEMP TABLE x ()",
      "CREATE SCHEMA x",
      "SELECT * FROM signalbox_migrations.history",
    ]) {
      expect(await refusal(client.query(text)), text).toBe(DENIED);
    }
  });

  it.each(["edge", "jobs"] as const)("%s can neither read nor write any table", async (login) => {
    for (const { name } of await tablesOf(clients.admin)) {
      for (const text of [
        `SELECT * FROM signalbox.${name}`,
        `SELECT count(*) FROM signalbox.${name}`,
        `DELETE FROM signalbox.${name}`,
        `TRUNCATE signalbox.${name}`,
        `INSERT INTO signalbox.${name} DEFAULT VALUES`,
      ]) {
        expect(await refusal(clients[login].query(text)), text).toBe(DENIED);
      }
      const [any] = await rows(
        clients.admin,
        `SELECT has_any_column_privilege($1, $2, 'SELECT, INSERT, UPDATE, REFERENCES') AS granted`,
        [`signalbox_${login}`, `signalbox.${name}`],
      );
      expect(any, name).toEqual({ granted: false });
    }
  });

  it.each([
    [
      "edge",
      [
        "append_decisions",
        "edge_snapshot",
        "feedback_source",
        "keep_dead_letters",
        "record_conversation",
        "record_feedback",
        "touch_keys",
      ],
    ],
    ["api", ["latency_bin", "own_rollout_batches", "own_rollout_feedback", "usage_of"]],
    [
      "jobs",
      [
        "abort_rollout",
        "advance_rollout",
        "claim_evaluation_cases",
        "claim_telemetry",
        "credentials_to_reseal",
        "due_rollouts",
        "ensure_decision_partitions",
        "guarded_rollouts",
        "keep_telemetry",
        "paid_engines_of",
        "postpone_telemetry",
        "purge_feedback_events",
        "purge_remembered_answers",
        "recordings_to_reseal",
        "remove_deleted_tenants",
        "remove_old_decisions",
        "remove_old_feedback",
        "remove_old_recordings",
        "replace_sealed",
        "replay_dead_letters",
        "reseal_recording",
        "roll_up_usage",
        "rollout_batches",
        "rollout_feedback",
        "settle_telemetry",
        "store_evaluation_case",
        "waiting_dead_letters",
      ],
    ],
  ] as const)("%s may run %j and no other function of the schema", async (login, functions) => {
    const granted = await rows<{ proname: string }>(
      clients.admin,
      `SELECT proname FROM pg_proc WHERE pronamespace = 'signalbox'::regnamespace
       AND has_function_privilege($1, oid, 'EXECUTE') ORDER BY 1`,
      [`signalbox_${login}`],
    );
    expect(granted.map(({ proname }) => proname)).toEqual(functions);
  });

  it("grants nothing to everybody", async () => {
    const acls = await rows(
      clients.admin,
      `SELECT what FROM (
         SELECT relname AS what, relacl AS acl FROM pg_class WHERE relnamespace = 'signalbox'::regnamespace
         UNION ALL SELECT proname, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
           WHERE pronamespace = 'signalbox'::regnamespace
         UNION ALL SELECT nspname, nspacl FROM pg_namespace WHERE nspname IN ('signalbox', 'public')
         UNION ALL SELECT datname, coalesce(datacl, acldefault('d', datdba)) FROM pg_database
           WHERE datname = current_database()
       ) AS objects, aclexplode(acl) AS entry WHERE entry.grantee = 0`,
    );
    expect(acls).toEqual([]);
  });

  it("grants nothing on partitions", async () => {
    await clients.jobs.query("SELECT signalbox.ensure_decision_partitions('2031-01-01', 2)");
    const granted = await rows(
      clients.admin,
      `SELECT c.relname, entry.grantee::regrole FROM pg_class c, aclexplode(c.relacl) AS entry
       WHERE c.relnamespace = 'signalbox'::regnamespace AND c.relispartition AND entry.grantee <> c.relowner`,
    );
    expect(granted).toEqual([]);
    expect(await refusal(clients.api.query("SELECT * FROM signalbox.decisions_default"))).toBe(DENIED);
  });

  it("runs functions of raised rights with a pinned search path, as the owner that cannot log in", async () => {
    const functions = await rows<{ name: string; path: string | null; owner: string }>(
      clients.admin,
      `SELECT proname AS name, proowner::regrole::text AS owner,
         (SELECT s FROM unnest(proconfig) AS s WHERE s LIKE 'search_path=%') AS path
       FROM pg_proc WHERE pronamespace = 'signalbox'::regnamespace`,
    );
    expect(functions.length).toBeGreaterThan(5);
    for (const { name, path, owner } of functions) {
      expect({ name, path, owner }).toEqual({
        name,
        path: "search_path=pg_catalog, pg_temp",
        owner: "signalbox_owner",
      });
    }
  });

  it("keeps the audit trail and published versions as they were written", async () => {
    const { api, admin } = clients;
    for (const text of [
      "UPDATE signalbox.audit_log SET actor = 'x'",
      "DELETE FROM signalbox.audit_log",
      "UPDATE signalbox.router_versions SET note = 'x'",
      "DELETE FROM signalbox.router_versions",
      "UPDATE signalbox.operator_audit_log SET action = 'x'",
      "UPDATE signalbox.decisions SET policy = 'x'",
      "UPDATE signalbox.feedback SET score = 0",
      "DELETE FROM signalbox.feedback",
      "UPDATE signalbox.tenants SET revision = 1",
      "UPDATE signalbox.api_keys SET hash = repeat('0', 64)",
      "DELETE FROM signalbox.api_keys",
      "DELETE FROM signalbox.tenants",
    ]) {
      expect(await refusal(api.query(text)), text).toBe(DENIED);
    }
    for (const text of [
      "UPDATE signalbox.audit_log SET actor = 'x'",
      `DELETE FROM signalbox.audit_log WHERE tenant_id = '${tenant.id}'`,
      "UPDATE signalbox.router_versions SET note = 'x'",
      "DELETE FROM signalbox.operator_audit_log",
    ]) {
      expect(await refusal(admin.query(text)), text).toBe("23001");
    }
  });

  it("lets the audit trail go with a tenant that is being deleted", async () => {
    const { admin } = clients;
    const gone = await makeFullTenant(admin);
    // Uncommitted, so that no job takes the row first.
    await admin.query("BEGIN");
    await admin.query("UPDATE signalbox.tenants SET status = 'deleting' WHERE id = $1", [gone.id]);
    const { rowCount } = await admin.query("DELETE FROM signalbox.audit_log WHERE tenant_id = $1", [gone.id]);
    await admin.query("ROLLBACK");
    expect(rowCount).toBe(1);
  });
});

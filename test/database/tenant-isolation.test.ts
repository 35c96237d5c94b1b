import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changes, connect, inScope, refusal, rows } from "./connect.ts";
import { makeFullTenant, type FullTenant } from "./full-tenant.ts";
import { OPERATOR_TABLES, tablesOf, WITHOUT_TENANT, type TableFacts } from "./tables.ts";

describe("row-level security of the management role", () => {
  let admin: pg.Client;
  let api: pg.Client;
  let mine: FullTenant;
  let theirs: FullTenant;
  let tables: TableFacts[];
  let tenantTables: string[];

  beforeAll(async () => {
    admin = await connect("admin");
    api = await connect("api");
    mine = await makeFullTenant(admin);
    theirs = await makeFullTenant(admin);
    tables = await tablesOf(admin);
    tenantTables = tables
      .filter(({ hasTenant, partition, name }) => hasTenant && !partition && !OPERATOR_TABLES.includes(name))
      .map(({ name }) => name);
  });
  afterAll(async () => {
    await Promise.all([admin.end(), api.end()]);
  });

  const refused = "42501";

  it("is enabled and forced on every table, partitions included", () => {
    expect(tables.length).toBeGreaterThan(10);
    expect(tables.filter(({ enabled, forced }) => !enabled || !forced)).toEqual([]);
  });

  it("covers every table there is: each has a tenant, is the tenants' own or the operator's", () => {
    const others = tables.filter(({ hasTenant }) => !hasTenant).map(({ name }) => name);
    expect(others.sort()).toEqual([...WITHOUT_TENANT, "operator_idempotency_keys", "tenants"].sort());
  });

  it("shows the tenant's rows in every table, and no one else's", async () => {
    for (const table of tenantTables) {
      const owners = await inScope(api, mine.id, () => rows(api, `SELECT DISTINCT tenant_id FROM signalbox.${table}`));
      expect(owners, table).toEqual([{ tenant_id: mine.id }]);
    }
    const visible = await inScope(api, mine.id, () => rows(api, "SELECT id FROM signalbox.tenants"));
    expect(visible).toEqual([{ id: mine.id }]);
  });

  it("shows nothing when no tenant is named, or an unknown one", async () => {
    for (const scope of [null, "", "ten_00000000000000000000000000"]) {
      for (const table of [...tenantTables, "tenants", ...OPERATOR_TABLES]) {
        const shown: unknown[] = [];
        const reading = async () => void shown.push(...(await rows(api, `SELECT * FROM signalbox.${table}`)));
        const refusedWith = await inScope(api, scope, () => refusal(reading()));
        // Some of the operator's are not to be read at all.
        expect([shown, OPERATOR_TABLES.includes(table) ? null : refusedWith], table).toEqual([[], null]);
      }
    }
  });

  it("takes no row for another tenant", async () => {
    for (const table of tenantTables) {
      const [row] = await rows(admin, `SELECT to_jsonb(t) AS row FROM signalbox.${table} t WHERE tenant_id = $1`, [
        theirs.id,
      ]);
      const copy = `INSERT INTO signalbox.${table} SELECT (jsonb_populate_record(NULL::signalbox.${table}, $1)).*`;
      const answer = inScope(api, mine.id, () => refusal(api.query(copy, [JSON.stringify(row?.["row"])])));
      expect(await answer, table).toBe(refused);
    }
  });

  it("changes and deletes no row of another tenant, and gives none away", async () => {
    for (const table of tenantTables) {
      for (const statement of ["UPDATE signalbox.$ SET tenant_id = tenant_id", "DELETE FROM signalbox.$"]) {
        const text = `${statement.replace("$", table)} WHERE tenant_id = '${theirs.id}'`;
        const touched = await inScope(api, mine.id, () => changes(api, text));
        expect([0, refused], `${text}: ${String(touched)}`).toContain(touched);
      }
      const gift = `UPDATE signalbox.${table} SET tenant_id = '${theirs.id}'`;
      expect(await inScope(api, mine.id, () => refusal(api.query(gift))), gift).toBe(refused);
    }
  });

  it("refuses references to another tenant's objects, known ids or not", async () => {
    const model = `INSERT INTO signalbox.models
      (tenant_id, id, slug, provider_id, upstream_model, modalities, capabilities, timeouts)
      VALUES ($1, 'mdl_9', 'm9', $2, 'u', '["text"]', '{}', '{}')`;
    await admin.query("UPDATE signalbox.models SET provider_id = 'prv_1' WHERE tenant_id = $1", [theirs.id]);
    await admin.query(
      "INSERT INTO signalbox.providers (tenant_id, id, slug, kind) VALUES ($1, 'prv_only_theirs', 'q', 'echo')",
      [theirs.id],
    );
    const answer = inScope(api, mine.id, () => refusal(api.query(model, [mine.id, "prv_only_theirs"])));
    expect(await answer).toBe("23503");
  });

  it("forgets the tenant when the transaction ends", async () => {
    await inScope(api, mine.id, () => rows(api, "SELECT 1"));
    expect(await rows(api, "SELECT id FROM signalbox.tenants")).toEqual([]);
  });

  it("lets the operator manage tenants and read none of a tenant's own", async () => {
    await api.query("BEGIN");
    await api.query("SELECT set_config('app.operator', 'on', true)");
    try {
      const seen = await rows<{ id: string }>(api, "SELECT id FROM signalbox.tenants");
      expect(seen.map(({ id }) => id)).toEqual(expect.arrayContaining([mine.id, theirs.id]));
      for (const table of tenantTables) {
        expect(await rows(api, `SELECT * FROM signalbox.${table}`), table).toEqual([]);
      }
    } finally {
      await api.query("ROLLBACK");
    }
  });
});

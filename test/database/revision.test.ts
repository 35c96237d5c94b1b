import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect, rows } from "./connect.ts";
import { DOCUMENT, makeFullTenant, type FullTenant } from "./full-tenant.ts";

describe("a tenant's revision", () => {
  let admin: pg.Client;
  let tenant: FullTenant;

  beforeAll(async () => {
    admin = await connect("admin");
  });
  beforeEach(async () => {
    tenant = await makeFullTenant(admin);
  });
  afterAll(() => admin.end());

  async function revision(id = tenant.id): Promise<number> {
    const [row] = await rows<{ revision: string }>(admin, "SELECT revision FROM signalbox.tenants WHERE id = $1", [id]);
    return Number(row?.revision);
  }

  it.each([
    [
      "a key is made",
      `INSERT INTO signalbox.api_keys (tenant_id, id, name, environment, hash, display_prefix, scopes)
       VALUES ($1, 'key_2', 'k', 'dev', md5(random()::text) || md5(random()::text), 's', '[]')`,
    ],
    ["a key is revoked", "UPDATE signalbox.api_keys SET revoked_at = now() WHERE tenant_id = $1"],
    ["a key is deleted", "DELETE FROM signalbox.api_keys WHERE tenant_id = $1"],
    [
      "a provider is made",
      "INSERT INTO signalbox.providers (tenant_id, id, slug, kind) VALUES ($1, 'prv_2', 'q', 'echo')",
    ],
    ["a provider's credential changes", "UPDATE signalbox.providers SET credential = NULL WHERE tenant_id = $1"],
    ["a model's price changes", "UPDATE signalbox.models SET prices = NULL WHERE tenant_id = $1"],
    ["a model is deleted", "DELETE FROM signalbox.models WHERE tenant_id = $1"],
    ["a router is renamed", "UPDATE signalbox.routers SET slug = 'renamed' WHERE tenant_id = $1"],
    ["a router is withdrawn", "UPDATE signalbox.routers SET published_version = NULL WHERE tenant_id = $1"],
    ["a router is deleted", "DELETE FROM signalbox.routers WHERE tenant_id = $1"],
    ["a rollout is widened", "UPDATE signalbox.rollouts SET percent = 25 WHERE tenant_id = $1 AND id = 'rol_1'"],
    ["a rollout is paused", "UPDATE signalbox.rollouts SET status = 'paused' WHERE tenant_id = $1 AND id = 'rol_1'"],
    ["the tenant is suspended", "UPDATE signalbox.tenants SET status = 'suspended' WHERE id = $1"],
  ])("rises when %s", async (_, statement) => {
    const before = await revision();
    await admin.query(statement, [tenant.id]);
    expect(await revision()).toBe(before + 1);
  });

  it("rises when a version is published", async () => {
    await admin.query(
      `INSERT INTO signalbox.router_versions (tenant_id, router_id, version, document, policy_digest, published_by)
       VALUES ($1, 'rtr_1', 2, $2, 'd', 'k')`,
      [tenant.id, JSON.stringify(DOCUMENT)],
    );
    const before = await revision();
    await admin.query("UPDATE signalbox.routers SET published_version = 2 WHERE tenant_id = $1", [tenant.id]);
    expect(await revision()).toBe(before + 1);
  });

  it.each([
    ["a draft is written", "UPDATE signalbox.router_drafts SET etag = 'f' WHERE tenant_id = $1"],
    ["a router's time stamp alone changes", "UPDATE signalbox.routers SET updated_at = now() WHERE tenant_id = $1"],
    ["a row is written as it was", "UPDATE signalbox.models SET slug = slug WHERE tenant_id = $1"],
    ["a key is used", "UPDATE signalbox.api_keys SET last_used_at = now() WHERE tenant_id = $1"],
    ["the tenant is renamed", "UPDATE signalbox.tenants SET name = 'x' WHERE id = $1"],
    ["its status is set to what it is", "UPDATE signalbox.tenants SET status = status WHERE id = $1"],
  ])("stays when %s", async (_, statement) => {
    const before = await revision();
    await admin.query(statement, [tenant.id]);
    expect(await revision()).toBe(before);
  });

  it("rises with the change and not without it", async () => {
    const before = await revision();
    await admin.query("BEGIN");
    await admin.query("DELETE FROM signalbox.api_keys WHERE tenant_id = $1", [tenant.id]);
    await admin.query("ROLLBACK");
    expect(await revision()).toBe(before);
  });

  it("is the tenant's own", async () => {
    const other = await makeFullTenant(admin);
    const before = await revision(other.id);
    await admin.query("DELETE FROM signalbox.models WHERE tenant_id = $1", [tenant.id]);
    expect(await revision(other.id)).toBe(before);
  });

  it("rises for the management role too, which may not set it", async () => {
    const api = await connect("api");
    const before = await revision();
    await api.query("BEGIN");
    await api.query("SELECT set_config('app.tenant_id', $1, true)", [tenant.id]);
    await api.query("UPDATE signalbox.api_keys SET revoked_at = now() WHERE id = $1", [tenant.keyId]);
    await api.query("COMMIT");
    await api.end();
    expect(await revision()).toBe(before + 1);
  });
});

import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { snapshotRowSchema, type FullSnapshotRow } from "../../edge/tenancy/snapshot.ts";
import { connect, rows } from "./connect.ts";
import { DOCUMENT, makeFullTenant, type FullTenant } from "./full-tenant.ts";

describe("signalbox.edge_snapshot", () => {
  let admin: pg.Client;
  let edge: pg.Client;
  let tenant: FullTenant;

  beforeAll(async () => {
    [admin, edge] = await Promise.all([connect("admin"), connect("edge")]);
  });
  beforeEach(async () => {
    tenant = await makeFullTenant(admin);
  });
  afterAll(async () => {
    await Promise.all([admin.end(), edge.end()]);
  });

  async function snapshot(keyHash: string, known: number | null = null): Promise<unknown> {
    const [row] = await rows<{ s: unknown }>(edge, "SELECT signalbox.edge_snapshot($1, $2) AS s", [keyHash, known]);
    return row?.s;
  }
  const full = async (): Promise<FullSnapshotRow> => snapshotRowSchema.parse(await snapshot(tenant.keyHash)) as never;

  it("holds all that a request needs, in the shape the edge reads", async () => {
    const { revision, models, routers, ...rest } = await full();
    expect(revision).toBeGreaterThan(1);
    expect(rest).toEqual({
      paid_engines: [],
      rollouts: [
        {
          id: "rol_1",
          router: "default",
          policy: "code",
          candidate: { model: "m" },
          percent: 5,
          shadow: { percent: 10, max_output_tokens: 100, tokens_per_day: 1_000, deadline_ms: 1_000 },
          shadow_exhausted_on: "2026-01-02",
        },
      ],
      router_rollouts: [
        {
          id: "rol_2",
          router: "default",
          candidate: { engine: "big" },
          percent: 7,
          shadow: null,
          shadow_exhausted_on: null,
        },
      ],
      tenant: { id: tenant.id, status: "active" },
      key: {
        id: tenant.keyId,
        environment: "dev",
        scopes: ["inference"],
        expires_at: "2030-01-02T03:04:05.678Z",
        revoked_at: null,
        allowed_models: ["m"],
        allowed_routers: null,
      },
      providers: [
        {
          id: "prv_1",
          slug: "p",
          kind: "openai-compatible",
          base_url: "https://p.example/v1",
          credential: { key_id: "k", nonce: "n", ciphertext: "c" },
        },
      ],
    });
    expect(models).toEqual([
      {
        id: "mdl_1",
        slug: "m",
        provider: "p",
        upstream_model: "up/m",
        prices: { input_per_million: 0.25, output_per_million: 2 },
        context_window: 4096,
        modalities: ["text", "image"],
        capabilities: { tools: false },
        timeouts: { total_ms: 1000 },
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
    ]);
    expect(routers).toMatchObject([
      { id: "rtr_1", slug: "default", version: 1, policy_digest: "d".repeat(64), document: DOCUMENT },
    ]);
  });

  it("is null for a key that nobody has", async () => {
    expect(await snapshot("0".repeat(64))).toBeNull();
    expect(await snapshot("")).toBeNull();
  });

  it("is a tiny answer while the revision is the one the caller holds", async () => {
    const { revision } = await full();
    expect(await snapshot(tenant.keyHash, revision)).toEqual({ revision, unchanged: true });
    expect(await snapshot(tenant.keyHash, revision - 1)).toHaveProperty("tenant");
  });

  it("shows a revoked key as revoked, and at once", async () => {
    const { revision } = await full();
    await admin.query("UPDATE signalbox.api_keys SET revoked_at = '2026-01-01T00:00:00Z' WHERE id = $1", [
      tenant.keyId,
    ]);
    expect(await snapshot(tenant.keyHash, revision)).toMatchObject({ key: { revoked_at: "2026-01-01T00:00:00.000Z" } });
  });

  it("says that a tenant is suspended", async () => {
    await admin.query("UPDATE signalbox.tenants SET status = 'suspended' WHERE id = $1", [tenant.id]);
    expect((await full()).tenant.status).toBe("suspended");
  });

  it("leaves out routers that were never published, and serves the version that was", async () => {
    await admin.query("INSERT INTO signalbox.routers (tenant_id, id, slug) VALUES ($1, 'rtr_2', 'new')", [tenant.id]);
    await admin.query(
      `INSERT INTO signalbox.router_versions (tenant_id, router_id, version, document, policy_digest, published_by)
       VALUES ($1, 'rtr_1', 2, '{"policies":[],"targets":{},"fallback":{"model":"later"}}', 'e', 'k')`,
      [tenant.id],
    );
    expect((await full()).routers.map(({ slug, version }) => [slug, version])).toEqual([["default", 1]]);
  });

  it("is whole for a tenant that has nothing yet", async () => {
    await admin.query("DELETE FROM signalbox.routers WHERE tenant_id = $1", [tenant.id]);
    await admin.query("DELETE FROM signalbox.models WHERE tenant_id = $1", [tenant.id]);
    await admin.query("DELETE FROM signalbox.providers WHERE tenant_id = $1", [tenant.id]);
    expect(await full()).toMatchObject({ providers: [], models: [], routers: [] });
  });

  it("never holds what is another tenant's", async () => {
    const other = await makeFullTenant(admin);
    await admin.query("UPDATE signalbox.models SET slug = 'theirs' WHERE tenant_id = $1", [other.id]);
    const text = JSON.stringify(await full());
    expect(text).not.toContain(other.id);
    expect(text).not.toContain("theirs");
  });
});

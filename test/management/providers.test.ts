import pg from "pg";
import { describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const SECRET = "sk-very-secret-0123456789";
const openai = {
  slug: "openai",
  kind: "openai-compatible",
  base_url: "https://api.openai.com/v1",
  credential: SECRET,
};

/** What the database holds of a provider. */
async function storedCredential(tenant: TestTenant, slug: string): Promise<unknown> {
  const client = new pg.Client(stack().adminUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{ credential: unknown }>(
      "select credential from signalbox.providers where tenant_id = $1 and slug = $2",
      [tenant.id, slug],
    );
    return rows[0]?.credential;
  } finally {
    await client.end();
  }
}

describe("a tenant's providers", () => {
  it("keep their credential to themselves", async () => {
    const tenant = await mintTenant();
    const made = await tenant.api("/providers", { body: openai });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ slug: "openai", base_url: openai.base_url, has_credential: true });
    expect(made.body).not.toHaveProperty("credential");
    expect((await tenant.api("/providers/openai")).body).toEqual(made.body);
    expect((await tenant.api("/providers")).body.data).toEqual([made.body]);
    const changed = await tenant.api("/providers/openai", { method: "PATCH", body: { credential: `${SECRET}2` } });
    expect(changed.body.has_credential).toBe(true);
    const audit = await tenant.api("/audit-log");
    expect(JSON.stringify([made.body, changed.body, audit.body])).not.toContain(SECRET);
    expect(audit.body.data[0].changes).toEqual({ "/credential": { from: "hidden", to: "replaced" } });
    const same = { kind: openai.kind, base_url: openai.base_url };
    expect((await tenant.api("/providers/openai", { method: "PATCH", body: same })).status).toBe(200);
    expect((await tenant.api("/audit-log")).body.data).toEqual(audit.body.data);
    const stored = await storedCredential(tenant, "openai");
    expect(Object.keys(stored as object).sort()).toEqual(["ciphertext", "key_id", "nonce"]);
    expect(JSON.stringify(stored)).not.toContain(SECRET);
  });

  it("lose their credential with their origin or kind, not with their path", async () => {
    const tenant = await mintTenant();
    await tenant.api("/providers", { body: openai });
    const patch = (body: object) => tenant.api("/providers/openai", { method: "PATCH", body });
    expect((await patch({ base_url: "https://api.openai.com/v2" })).body.has_credential).toBe(true);
    const moved = await patch({ base_url: "https://api.example.com/v1" });
    expect(moved.body).toMatchObject({ base_url: "https://api.example.com/v1", has_credential: false });
    expect(await storedCredential(tenant, "openai")).toBeNull();
    expect((await patch({ base_url: "https://b.example.com/v1", credential: SECRET })).body.has_credential).toBe(true);
    expect((await patch({ kind: "echo", base_url: null })).body).toMatchObject({ kind: "echo", has_credential: false });
    expect((await patch({ credential: SECRET })).body.has_credential).toBe(true);
    expect((await patch({ credential: null })).body.has_credential).toBe(false);
  });

  it.each(["openai", "anthropic", "google"])("of kind %s need no address", async (kind) => {
    const tenant = await mintTenant();
    const made = await tenant.api("/providers", { body: { slug: "vendor", kind, credential: SECRET } });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ kind, base_url: null, has_credential: true });
    expect((await (await mintTenant()).api("/providers/vendor")).status).toBe(404);
  });

  it("keep their credential while a vendor's own address is given or left out, and lose it to any other", async () => {
    const tenant = await mintTenant();
    await tenant.api("/providers", { body: { slug: "p", kind: "openai", credential: SECRET } });
    const patch = (body: object) => tenant.api("/providers/p", { method: "PATCH", body });
    const named = await patch({ base_url: openai.base_url });
    expect(named.body).toMatchObject({ base_url: openai.base_url, has_credential: true });
    expect((await patch({ base_url: null })).body).toMatchObject({ base_url: null, has_credential: true });
    // Both kinds leave the address out: it is not the same one.
    const other = await patch({ kind: "anthropic" });
    expect(other.body).toMatchObject({ kind: "anthropic", base_url: null, has_credential: false });
    expect(await storedCredential(tenant, "p")).toBeNull();
    expect((await patch({ credential: SECRET })).body.has_credential).toBe(true);
    const moved = await patch({ base_url: "https://gateway.example.com/v1" });
    expect(moved.body.has_credential).toBe(false);
    const back = await patch({ base_url: null, credential: SECRET });
    expect(back.body.has_credential).toBe(true);
    const refused = await patch({ kind: "azure-openai" });
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toEqual(["/base_url"]);
    expect((await tenant.api("/providers/p")).body).toEqual(back.body);
    const azure = await patch({ kind: "azure-openai", base_url: "https://acme.openai.azure.com/openai/v1" });
    expect(azure.body).toMatchObject({ kind: "azure-openai", has_credential: false });
  });

  it("have a slug of their own", async () => {
    const tenant = await mintTenant();
    await tenant.provider({ slug: "echo" });
    expectProblem(await tenant.api("/providers", { body: { slug: "echo", kind: "echo" } }), 409, "conflict");
    const other = await mintTenant();
    expect((await other.api("/providers", { body: { slug: "echo", kind: "echo" } })).status).toBe(201);
  });

  it("stay as long as a model uses them", async () => {
    const tenant = await mintTenant();
    await tenant.provider({ slug: "echo" });
    await tenant.model({ slug: "m", provider: "echo" });
    expectProblem(await tenant.api("/providers/echo", { method: "DELETE" }), 409, "conflict");
    expect((await tenant.api("/models/m", { method: "DELETE" })).status).toBe(204);
    expect((await tenant.api("/providers/echo", { method: "DELETE" })).status).toBe(204);
    expectProblem(await tenant.api("/providers/echo"), 404, "not_found");
    expectProblem(await tenant.api("/providers/echo", { method: "DELETE" }), 404, "not_found");
  });

  it("leave no model without its provider when one is deleted while the other is made", async () => {
    const tenant = await mintTenant();
    for (let round = 0; round < 5; round += 1) {
      await tenant.provider({ slug: "echo" });
      const [deleted, made] = await Promise.all([
        tenant.api("/providers/echo", { method: "DELETE" }),
        tenant.api("/models", { body: { slug: "m", provider: "echo", upstream_model: "m" } }),
      ]);
      expect([
        [204, 422],
        [409, 201],
      ]).toContainEqual([deleted.status, made.status]);
      await tenant.api("/models/m", { method: "DELETE" });
      await tenant.api("/providers/echo", { method: "DELETE" });
    }
  });

  it.each([
    [{ ...openai, slug: "Not A Slug" }, "/slug"],
    [{ ...openai, kind: "cohere" }, "/kind"],
    [{ ...openai, base_url: null }, "/base_url"],
    [{ ...openai, base_url: "ftp://api.openai.com" }, "/base_url"],
    [{ ...openai, base_url: "http://api.openai.com/v1" }, "/base_url"],
    [{ ...openai, base_url: "https://169.254.169.254/latest" }, "/base_url"],
    [{ ...openai, base_url: "https://user:pw@api.openai.com" }, "/base_url"],
    [{ slug: "echo", kind: "echo", base_url: "https://api.openai.com" }, "/base_url"],
    [{ slug: "azure", kind: "azure-openai", credential: SECRET }, "/base_url"],
    [{ slug: "bedrock", kind: "bedrock", base_url: null, credential: SECRET }, "/base_url"],
    [{ slug: "claude", kind: "anthropic", base_url: "http://api.anthropic.com/v1" }, "/base_url"],
    [{ slug: "gemini", kind: "google", base_url: "https://10.0.0.1/v1beta/openai" }, "/base_url"],
    [{ ...openai, credential: "two words" }, "/credential"],
    [{ ...openai, credential: "a\r\nx-injected: 1" }, "/credential"],
    [{ ...openai, credential: "" }, "/credential"],
    [{ ...openai, secret: "x" }, "/secret"],
  ])("refuse %j at %s", async (body, pointer) => {
    const answer = await (await mintTenant()).api("/providers", { body });
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toContain(pointer);
    expect(JSON.stringify(answer.body)).not.toContain(SECRET);
  });
});

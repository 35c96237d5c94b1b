import { describe, expect, it } from "vitest";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const mini = {
  slug: "gpt-5-mini",
  provider: "echo",
  upstream_model: "gpt-5-mini-2025-08-07",
  prices: { input_per_million: 0.25, cached_input_per_million: 0.025, output_per_million: 2 },
  context_window: 400_000,
  modalities: ["text", "image"],
};

async function tenantWithProvider(): Promise<TestTenant> {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  return tenant;
}

describe("a tenant's models", () => {
  it("are kept as they were described", async () => {
    const tenant = await tenantWithProvider();
    const made = await tenant.api("/models", { body: mini });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...mini, capabilities: {}, timeouts: {} });
    expect((await tenant.api("/models/gpt-5-mini")).body).toEqual(made.body);
    const plain = await tenant.api("/models", { body: { slug: "plain", provider: "echo", upstream_model: "p" } });
    expect(plain.body).toMatchObject({ prices: null, context_window: null, modalities: ["text"] });
    expect((await tenant.api("/models")).body.data).toEqual([plain.body, made.body]);
  });

  it("may have names with slashes and colons, as upstreams do", async () => {
    const tenant = await tenantWithProvider();
    await tenant.model({ slug: "acme/big:v1", provider: "echo" });
    expect((await tenant.api("/models/acme%2Fbig:v1")).body.slug).toBe("acme/big:v1");
    expectProblem(await tenant.api("/models/acme/big:v1"), 404, "not_found");
  });

  it("change in the fields that are given, and only in those", async () => {
    const tenant = await tenantWithProvider();
    await tenant.provider({ slug: "second" });
    const { body: before } = await tenant.api("/models", { body: mini });
    const change = { provider: "second", prices: null, capabilities: { tools: false } };
    const changed = await tenant.api("/models/gpt-5-mini", { method: "PATCH", body: change });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ ...before, ...change, updated_at: changed.body.updated_at });
    const [row] = (await tenant.api("/audit-log")).body.data;
    expect(row.changes["/provider"]).toEqual({ from: "echo", to: "second" });
    expect(Object.keys(row.changes).sort()).toEqual(["/capabilities/tools", "/prices", "/provider"]);
    expect((await tenant.api("/models/gpt-5-mini", { method: "PATCH", body: change })).status).toBe(200);
    expect((await tenant.api("/audit-log")).body.data[0]).toEqual(row);
  });

  it("stay as long as a published router names them, which is told", async () => {
    const tenant = await tenantWithProvider();
    for (const slug of ["a", "b", "c"]) await tenant.model({ slug, provider: "echo" });
    const document = (target: object) => ({
      policies: [{ name: "code", description: "Code" }],
      targets: { code: target },
      fallback: { model: "c" },
    });
    await tenant.publish("default", document({ model: "a", fallbacks: ["b"] }) as never);
    for (const slug of ["a", "b", "c"]) {
      const refused = await tenant.api(`/models/${slug}`, { method: "DELETE" });
      expectProblem(refused, 409, "conflict");
      expect(refused.body.detail).toContain("default");
    }
    await tenant.publish("default", document({ model: "c" }) as never);
    expect((await tenant.api("/models/a", { method: "DELETE" })).status).toBe(204);
    expectProblem(await tenant.api("/models/c", { method: "DELETE" }), 409, "conflict");
  });

  it("refuse a second of the same name", async () => {
    const tenant = await tenantWithProvider();
    await tenant.model(mini);
    expectProblem(await tenant.api("/models", { body: mini }), 409, "conflict");
  });

  it.each([
    [{ ...mini, provider: "nobody" }, "/provider"],
    [{ ...mini, slug: "auto" }, "/slug"],
    [{ ...mini, slug: "router/x" }, "/slug"],
    [{ ...mini, slug: "" }, "/slug"],
    [{ ...mini, upstream_model: "a\u0007" }, "/upstream_model"],
    [{ ...mini, prices: { input_per_million: -1, output_per_million: 1 } }, "/prices/input_per_million"],
    [{ ...mini, prices: { input_per_million: 1, output_per_million: 1e308 } }, "/prices/output_per_million"],
    [{ ...mini, prices: { input_per_million: 1, output_per_million: 1, per_image: 2 } }, "/prices/per_image"],
    [{ ...mini, prices: { input_per_million: 1 } }, "/prices/output_per_million"],
    [{ ...mini, context_window: 0 }, "/context_window"],
    [{ ...mini, context_window: 1e12 }, "/context_window"],
    [{ ...mini, modalities: [] }, "/modalities"],
    [{ ...mini, modalities: ["image"] }, "/modalities"],
    [{ ...mini, modalities: ["text", "smell"] }, "/modalities/1"],
    [{ ...mini, capabilities: { tools: "yes" } }, "/capabilities/tools"],
    [{ ...mini, timeouts: { total_ms: 0 } }, "/timeouts/total_ms"],
    [{ ...mini, price: 1 }, "/price"],
  ])("refuse %j at %s", async (body, pointer) => {
    const answer = await (await tenantWithProvider()).api("/models", { body });
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toContain(pointer);
  });
});

import { describe, expect, it } from "vitest";
import { call, mintTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

describe("a tenant's keys", () => {
  it("show their token once and are recognisable ever after", async () => {
    const tenant = await mintTenant();
    const body = {
      name: "backend",
      scopes: ["inference"],
      expires_at: null,
      allowed_models: ["m"],
      allowed_routers: null,
    };
    const made = await tenant.api("/keys", { body });
    expect(made.status).toBe(201);
    const { token, ...rest } = made.body;
    expect(token).toMatch(/^sbx_dev_[0-9A-Za-z]{36}$/);
    expect(rest).toMatchObject({ ...body, status: "active", revoked_at: null, prefix: token.slice(0, 12) });

    const read = await tenant.api(`/keys/${rest.id}`);
    expect(read.body).toEqual(rest);
    const list = await tenant.api("/keys");
    expect(list.body.data[0]).toEqual(rest);
    expect(JSON.stringify([read.body, list.body])).not.toContain(token);
    const [, secret] = /_([0-9A-Za-z]+)$/.exec(token) ?? [];
    const audit = await tenant.api("/audit-log");
    expect(JSON.stringify(audit.body)).not.toContain(secret);
    expect(audit.body.data[0]).toMatchObject({ action: "key.create", target: { kind: "key", id: rest.id } });
  });

  it("are revoked once, and saying so twice changes nothing", async () => {
    const tenant = await mintTenant();
    const { id, token } = (await tenant.api("/keys", { body: { name: "ci", scopes: ["usage:read"] } })).body;
    const first = await tenant.api(`/keys/${id}/revoke`, { method: "POST" });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ id, status: "revoked" });
    const second = await tenant.api(`/keys/${id}/revoke`, { method: "POST" });
    expect(second.body).toEqual(first.body);
    expectProblem(await call("/api/v1/decisions", token), 401, "invalid_api_key");
    const audit = (await tenant.api("/audit-log")).body.data as { action: string }[];
    expect(audit.filter(({ action }) => action === "key.revoke")).toHaveLength(1);
  });

  it("expire by the clock", async () => {
    const tenant = await mintTenant();
    const body = { name: "old", scopes: ["usage:read"], expires_at: "2020-01-01T01:00:00+01:00" };
    const made = await tenant.api("/keys", { body });
    expect(made.body).toMatchObject({ status: "expired", expires_at: "2020-01-01T00:00:00.000Z" });
    expectProblem(await call("/api/v1/decisions", made.body.token), 401, "invalid_api_key");
    const later = await tenant.api("/keys", { body: { ...body, expires_at: "2999-01-01T00:00:00Z" } });
    expect(later.body.status).toBe("active");
  });

  it("grant no more than their maker holds, unless that is an admin", async () => {
    const tenant = await mintTenant();
    const maker = await tenant.key({
      scopes: ["keys:write", "inference"],
      allowed_models: ["a", "b"],
      allowed_routers: ["r"],
    });
    const make = (body: object) => call("/api/v1/keys", maker, { body: { name: "child", ...body } });
    const within = { scopes: ["inference"], allowed_models: ["a"], allowed_routers: ["r"] };
    expect((await make(within)).status).toBe(201);
    expectProblem(await make({ ...within, scopes: ["inference", "usage:read"] }), 403, "insufficient_scope");
    expectProblem(await make({ ...within, scopes: ["admin"] }), 403, "insufficient_scope");
    expectProblem(await make({ ...within, allowed_models: null }), 403, "model_not_allowed");
    expectProblem(await make({ ...within, allowed_models: ["c"] }), 403, "model_not_allowed");
    expectProblem(await make({ ...within, allowed_routers: ["other"] }), 403, "model_not_allowed");
    expect((await tenant.api("/keys", { body: { name: "any", scopes: ["admin", "usage:read"] } })).status).toBe(201);
  });

  it.each([
    [{ scopes: ["inference"] }, "/name"],
    [{ name: "", scopes: ["inference"] }, "/name"],
    [{ name: " padded", scopes: ["inference"] }, "/name"],
    [{ name: "line\nbreak", scopes: ["inference"] }, "/name"],
    [{ name: "x".repeat(129), scopes: ["inference"] }, "/name"],
    [{ name: "a", scopes: [] }, "/scopes"],
    [{ name: "a", scopes: ["inference", "inference"] }, "/scopes"],
    [{ name: "a", scopes: ["root"] }, "/scopes/0"],
    [{ name: "a", scopes: ["inference"], expires_at: "tomorrow" }, "/expires_at"],
    [{ name: "a", scopes: ["inference"], expires_at: "0000-01-01T00:00:00Z" }, "/expires_at"],
    [{ name: "a", scopes: ["inference"], allowed_models: ["auto"] }, "/allowed_models/0"],
    [{ name: "a", scopes: ["inference"], allowed_models: ["-"] }, "/allowed_models/0"],
    [{ name: "a", scopes: ["inference"], allowed_routers: ["Not A Slug"] }, "/allowed_routers/0"],
    [{ name: "a", scopes: ["inference"], limits: {} }, "/limits"],
  ])("refuse %j at %s", async (body, pointer) => {
    const tenant = await mintTenant();
    const answer = await tenant.api("/keys", { body });
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toContain(pointer);
  });
});

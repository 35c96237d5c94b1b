import { describe, expect, it } from "vitest";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";
import { append, receipt } from "./receipt.ts";

const patch = (tenant: TestTenant, id: string, body: unknown, match: string | null): Promise<Answer> =>
  tenant.api(`/keys/${id}`, { method: "PATCH", body, headers: match === null ? {} : { "if-match": match } });

async function made(tenant: TestTenant, more: object = {}): Promise<{ id: string; token: string; etag: string }> {
  const { id, token } = (await tenant.api("/keys", { body: { name: "ci", scopes: ["inference"], ...more } })).body;
  return { id, token, etag: (await tenant.api(`/keys/${id}`)).headers.get("etag") ?? "" };
}

describe("a change of a key", () => {
  it("changes what is given and nothing else, tells the audit log the difference, and is in force", async () => {
    const tenant = await mintTenant();
    const { id, token, etag } = await made(tenant, { allowed_models: ["a"] });
    const changed = await patch(tenant, id, { name: "ci 2", scopes: ["usage:read"] }, etag);
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ name: "ci 2", scopes: ["usage:read"], allowed_models: ["a"] });
    expect(changed.body).not.toHaveProperty("token");
    expect(changed.headers.get("etag")).not.toBe(etag);
    const read = await tenant.api(`/keys/${id}`);
    expect([read.body, read.headers.get("etag")]).toEqual([changed.body, changed.headers.get("etag")]);
    expect((await call("/api/v1/decisions", token)).status).toBe(200);
    const [entry] = (await tenant.api("/audit-log")).body.data;
    expect(entry).toMatchObject({ action: "key.update", target: { kind: "key", id } });
    expect(entry.changes).toEqual({
      "/name": { from: "ci", to: "ci 2" },
      "/scopes/0": { from: "inference", to: "usage:read" },
    });
  });

  it("needs the version it was made from: of two at once, one is told", async () => {
    const tenant = await mintTenant();
    const { id, etag } = await made(tenant);
    expectProblem(await patch(tenant, id, { name: "x" }, null), 428, "precondition_required");
    const answers = await Promise.all(["a", "b", "c"].map((name) => patch(tenant, id, { name }, etag)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
    expect((await patch(tenant, id, {}, "*")).status).toBe(200);
  });

  it("may end it by the clock and let it live again, but not once it is revoked", async () => {
    const tenant = await mintTenant();
    const { id, token } = await made(tenant, { scopes: ["usage:read"] });
    expect((await patch(tenant, id, { expires_at: "2020-01-01T00:00:00Z" }, "*")).body.status).toBe("expired");
    expectProblem(await call("/api/v1/decisions", token), 401, "invalid_api_key");
    expect((await patch(tenant, id, { expires_at: null }, "*")).body.status).toBe("active");
    await tenant.api(`/keys/${id}/revoke`, { method: "POST" });
    expectProblem(await patch(tenant, id, { name: "x" }, "*"), 409, "conflict");
  });

  it("is not for a key that holds less, in either direction", async () => {
    const tenant = await mintTenant();
    const weak = await tenant.key({ scopes: ["keys:write", "inference"], allowed_models: ["a"] });
    const change = (id: string, body: unknown): Promise<Answer> =>
      call(`/api/v1/keys/${id}`, weak, { method: "PATCH", body, headers: { "if-match": "*" } });
    const strong = await made(tenant, { scopes: ["admin"] });
    expectProblem(await change(strong.id, { scopes: ["inference"], allowed_models: ["a"] }), 403, "insufficient_scope");
    const equal = await made(tenant, { allowed_models: ["a"] });
    expect((await change(equal.id, { name: "mine to name" })).status).toBe(200);
    expectProblem(await change(equal.id, { scopes: ["admin"] }), 403, "insufficient_scope");
    expectProblem(await change(equal.id, { allowed_models: null }), 403, "model_not_allowed");
    const rotation = { body: { overlap_seconds: 60 } };
    expectProblem(await call(`/api/v1/keys/${strong.id}/rotate`, weak, rotation), 403, "insufficient_scope");
  });

  it.each([
    [{ name: "" }, "/name"],
    [{ scopes: [] }, "/scopes"],
    [{ allowed_models: ["auto"] }, "/allowed_models/0"],
    [{ expires_at: "tomorrow" }, "/expires_at"],
    [{ token: "sbx_live_x" }, "/token"],
  ])("refuses %j at %s", async (body, pointer) => {
    const tenant = await mintTenant();
    const answer = await patch(tenant, (await made(tenant)).id, body, "*");
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toContain(pointer);
  });
});

describe("a rotation of a key", () => {
  it("gives a new token with the same powers while the old one works until the overlap ends", async () => {
    const tenant = await mintTenant();
    const old = await made(tenant, { scopes: ["usage:read"], allowed_routers: ["r"] });
    const before = Date.now();
    const rotated = await tenant.api(`/keys/${old.id}/rotate`, { body: { overlap_seconds: 600 } });
    expect(rotated.status).toBe(201);
    const { token, replaces, ...key } = rotated.body;
    expect(token).toMatch(/^sbx_dev_/);
    expect(token).not.toBe(old.token);
    expect(key).toMatchObject({ name: "ci", scopes: ["usage:read"], allowed_routers: ["r"], expires_at: null });
    expect(replaces).toMatchObject({ id: old.id, status: "active" });
    const ends = Date.parse(replaces.expires_at as string);
    expect(ends).toBeGreaterThanOrEqual(before + 600_000);
    expect(ends).toBeLessThanOrEqual(Date.now() + 600_000);
    for (const each of [token, old.token]) expect((await call("/api/v1/decisions", each)).status).toBe(200);
    const audit = (await tenant.api("/audit-log")).body;
    expect(audit.data[0]).toMatchObject({ action: "key.rotate", target: { id: key.id } });
    expect(JSON.stringify(audit)).not.toContain(token.slice(12));
  });

  it("without overlap ends the old one at once, and never makes it live longer", async () => {
    const tenant = await mintTenant();
    const old = await made(tenant, { scopes: ["usage:read"] });
    await tenant.api(`/keys/${old.id}/rotate`, { body: { overlap_seconds: 0 } });
    expectProblem(await call("/api/v1/decisions", old.token), 401, "invalid_api_key");
    expectProblem(await tenant.api(`/keys/${old.id}/rotate`, { body: { overlap_seconds: 0 } }), 409, "conflict");
    const soon = new Date(Date.now() + 60_000).toISOString();
    const short = await made(tenant, { expires_at: soon });
    const rotated = await tenant.api(`/keys/${short.id}/rotate`, { body: { overlap_seconds: 3600 } });
    expect(rotated.body).toMatchObject({ expires_at: soon, replaces: { expires_at: soon } });
  });

  it("happens once under an Idempotency-Key, and shows the token once", async () => {
    const tenant = await mintTenant();
    const old = await made(tenant);
    const request = { body: { overlap_seconds: 5 }, headers: { "idempotency-key": "a" } };
    const first = await tenant.api(`/keys/${old.id}/rotate`, request);
    const again = await tenant.api(`/keys/${old.id}/rotate`, request);
    const { token, ...rest } = first.body;
    expect(token).toBeDefined();
    expect(again.body).toEqual({ ...rest, token_already_shown: true });
    expect((await tenant.api("/keys")).body.data).toHaveLength(3);
  });

  it.each([{}, { overlap_seconds: -1 }, { overlap_seconds: 1.5 }, { overlap_seconds: 2_592_001 }])(
    "refuses %j",
    async (body) => {
      const tenant = await mintTenant();
      const answer = await tenant.api(`/keys/${(await made(tenant)).id}/rotate`, { body });
      expect(pointers(answer)).toEqual(["/overlap_seconds"]);
    },
  );
});

describe("the last use of a key", () => {
  const at = Date.now() - 600_000;
  const instant = (offsetMs: number): string => new Date(at + offsetMs).toISOString();

  it("is noted with the receipts, to the minute, and never goes back", async () => {
    const tenant = await mintTenant();
    const { id, etag } = await made(tenant);
    const other = await made(tenant);
    const use = async (offsetMs: number): Promise<string | null> => {
      await append([receipt(tenant.id, at + offsetMs, { key_id: id })]);
      return (await tenant.api(`/keys/${id}`)).body.last_used_at as string | null;
    };
    expect((await tenant.api(`/keys/${id}`)).body.last_used_at).toBeNull();
    expect(await use(0)).toBe(instant(0));
    expect(await use(59_000)).toBe(instant(0));
    expect(await use(61_000)).toBe(instant(61_000));
    expect(await use(-300_000)).toBe(instant(61_000));
    expect((await tenant.api(`/keys/${id}`)).headers.get("etag")).toBe(etag);
    expect((await tenant.api(`/keys/${other.id}`)).body.last_used_at).toBeNull();
  });

  it("is noted of management requests, too, with no change to what edits are held against", async () => {
    const tenant = await mintTenant();
    const { id, token, etag } = await made(tenant, { scopes: ["policies:read"] });
    const began = Date.now();
    expect((await call("/api/v1/keys", token)).status, "refused, and used all the same").toBe(403);
    const lastUse = async () => (await tenant.api(`/keys/${id}`)).body.last_used_at as string | null;
    await expect.poll(lastUse, { timeout: 20_000 }).not.toBeNull();
    expect(Date.parse((await lastUse())!)).toBeGreaterThanOrEqual(began - 60_000);
    expect((await tenant.api(`/keys/${id}`)).headers.get("etag")).toBe(etag);
  });

  it("is nothing that a receipt of another tenant can write", async () => {
    const [tenant, stranger] = [await mintTenant(), await mintTenant()];
    const { id } = await made(tenant);
    await append([receipt(stranger.id, at, { key_id: id })]);
    expect((await tenant.api(`/keys/${id}`)).body.last_used_at).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { call, mintTenant, type Answer, type Call } from "../stack/tenant.ts";
import { expectProblem } from "./problem.ts";

const operator = (path: string, request: Call = {}): Promise<Answer> =>
  call(`/api/v1/tenants${path}`, stack().operatorKey, request);

describe("the operator's tenants", () => {
  it("are made with an admin key that works at once", async () => {
    const made = await operator("", { body: { name: "Acme" } });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^ten_/) as string,
      name: "Acme",
      status: "active",
      paid_engines: [],
      created_at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      admin_key: { id: expect.stringMatching(/^key_/) as string, token: expect.stringMatching(/^sbx_dev_/) as string },
    });
    const { admin_key: key, ...tenant } = made.body;
    const keys = await call("/api/v1/keys", key.token);
    expect(keys.body.data).toMatchObject([{ id: key.id, scopes: ["admin"], status: "active" }]);
    expect((await operator(`/${tenant.id}`)).body).toEqual(tenant);
  });

  it("are listed newest first, page by page, without a gap or a repeat", async () => {
    const made = [await mintTenant("one"), await mintTenant("two"), await mintTenant("three")];
    const seen: string[] = [];
    let cursor: string | null = "";
    for (let pages = 0; cursor !== null && !made.every(({ id }) => seen.includes(id)) && pages < 200; pages += 1) {
      const page: Answer = await operator(`?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`);
      expect(page.body.data.length).toBeLessThanOrEqual(2);
      seen.push(...(page.body.data as { id: string }[]).map(({ id }) => id));
      cursor = page.body.next_cursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted().reverse());
    expect(seen).toEqual(expect.arrayContaining(made.map(({ id }) => id)));
  });

  it("can be suspended and resumed, as often as asked, with one audit row a change", async () => {
    const { id, adminKey } = await mintTenant();
    for (const verb of ["suspend", "suspend", "resume", "resume", "suspend"]) {
      const answer = await operator(`/${id}/${verb}`, { method: "POST" });
      expect(answer.status).toBe(200);
      expect(answer.body.status).toBe(verb === "suspend" ? "suspended" : "active");
    }
    // The worker has not seen this key before, so it reads the tenant as it is now.
    expectProblem(await call("/api/v1/keys", adminKey), 403, "tenant_suspended");

    const resumed = await mintTenant();
    await operator(`/${resumed.id}/suspend`, { method: "POST" });
    await operator(`/${resumed.id}/resume`, { method: "POST" });
    const rows = (await resumed.api("/audit-log")).body.data as { action: string; actor: string }[];
    expect(rows.map(({ action }) => action)).toEqual(["tenant.resume", "tenant.suspend", "tenant.create"]);
    expect(new Set(rows.map(({ actor }) => actor))).toEqual(new Set(["operator"]));
  });

  it("may use the paid engines that the operator names, with one audit row a change", async () => {
    const tenant = await mintTenant();
    const { id } = tenant;
    const patch = (paid_engines: unknown) => operator(`/${id}`, { method: "PATCH", body: { paid_engines } });
    expect((await patch(["luna", "jev", "jev"])).body).toMatchObject({ id, paid_engines: ["jev", "luna"] });
    expect((await patch(["jev", "luna"])).status).toBe(200);
    expect((await operator(`/${id}`)).body).toMatchObject({ paid_engines: ["jev", "luna"] });
    const rows = (await tenant.api("/audit-log")).body.data as { action: string; changes: object }[];
    expect(rows.map(({ action }) => action)).toEqual(["tenant.update", "tenant.create"]);
    expectProblem(await patch(["Not a name"]), 422, "validation_failed");
    const other = await mintTenant();
    expect((await operator(`/${other.id}`)).body).toMatchObject({ paid_engines: [] });
    expectProblem(
      await tenant.api(`/tenants/${id}`, { method: "PATCH", body: { paid_engines: [] } }),
      401,
      "invalid_api_key",
    );
  });

  it("are nobody else's business: a tenant's key is no operator's, nor the other way round", async () => {
    const tenant = await mintTenant();
    expectProblem(await call("/api/v1/tenants", tenant.adminKey), 401, "invalid_api_key");
    expectProblem(await call(`/api/v1/tenants/${tenant.id}`, tenant.adminKey), 401, "invalid_api_key");
    expectProblem(await call("/api/v1/keys", stack().operatorKey), 401, "invalid_api_key");
  });

  it("that do not exist are not found", async () => {
    for (const id of ["ten_01k9zq3m8v7x5t2r4w6y8a0b1c", "ten_nonsense", "%00", "key_01k9zq3m8v7x5t2r4w6y8a0b1c"]) {
      expectProblem(await operator(`/${id}`), 404, "not_found");
      expectProblem(await operator(`/${id}/suspend`, { method: "POST" }), 404, "not_found");
    }
  });
});

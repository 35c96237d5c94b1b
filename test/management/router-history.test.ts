import { describe, expect, it } from "vitest";
import { call, mintTenant, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const DOCUMENT = {
  policies: [
    { name: "code", description: "Write code" },
    { name: "legal", description: "Questions of law" },
  ],
  targets: { code: { model: "big" } },
  fallback: { model: "small" },
};

/** A tenant whose router `default` has two versions that differ in a policy and in a target. */
async function tenantWithHistory(): Promise<TestTenant> {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  for (const slug of ["small", "big"]) await tenant.model({ slug, provider: "echo" });
  await tenant.publish("default", DOCUMENT);
  const [code] = DOCUMENT.policies;
  await tenant.publish("default", { ...DOCUMENT, policies: [code!], targets: { code: { model: "small" } } });
  return tenant;
}

const rollback = (tenant: TestTenant, body: unknown, more: object = {}) =>
  tenant.api("/routers/default/rollback", { body, ...more });
const actions = async (tenant: TestTenant): Promise<string[]> =>
  ((await tenant.api("/audit-log")).body.data as { action: string }[]).map(({ action }) => action);

describe("the difference between two documents of a router", () => {
  it("is told by policy, target and setting, in both directions and against the draft", async () => {
    const tenant = await tenantWithHistory();
    const forth = await tenant.api("/routers/default/versions/1/diff/2");
    expect(forth.status).toBe(200);
    expect(forth.body).toEqual({
      from: 1,
      to: 2,
      policies: { added: [], removed: [DOCUMENT.policies[1]], changed: [], reordered: false },
      targets: { "/code/model": { from: "big", to: "small" } },
      fallback: {},
      unsure: {},
      settings: {},
    });
    const back = await tenant.api("/routers/default/versions/2/diff/1");
    expect(back.body.policies.added).toEqual([DOCUMENT.policies[1]]);
    const same = await tenant.api("/routers/default/versions/draft/diff/2");
    expect(same.body).toMatchObject({ from: "draft", policies: { added: [], removed: [] }, targets: {} });
  });

  it.each(["1/diff/3", "0/diff/1", "1/diff/drafts", "x/diff/y", "1/diff/%00", "99999999999/diff/1"])(
    "is not found for %s",
    async (path) => {
      expectProblem(await (await tenantWithHistory()).api(`/routers/default/versions/${path}`), 404, "not_found");
    },
  );
});

describe("a rollback", () => {
  it("publishes a copy as the next version, leaves history and draft, and is told as such", async () => {
    const tenant = await tenantWithHistory();
    const draft = await tenant.api("/routers/default/draft");
    const rolled = await rollback(tenant, { to: 1 });
    expect(rolled.status).toBe(201);
    expect(rolled.body).toMatchObject({ slug: "default", version: 3, note: "Rollback to version 1" });
    const [first, third] = await Promise.all([1, 3].map((n) => tenant.api(`/routers/default/versions/${String(n)}`)));
    expect(third?.body.document).toEqual(first?.body.document);
    expect(third?.body.policy_digest).toBe(first?.body.policy_digest);
    expect((await tenant.api("/routers/default")).body.published_version).toBe(3);
    expect((await tenant.api("/routers/default/draft")).headers.get("etag")).toBe(draft.headers.get("etag"));
    expect((await actions(tenant))[0]).toBe("router.rollback");
  });

  it("is refused to a version that is not there or whose models are gone", async () => {
    const tenant = await tenantWithHistory();
    expect(pointers(await rollback(tenant, { to: 9 }))).toEqual(["/to"]);
    expect(pointers(await rollback(tenant, { to: 0 }))).toEqual(["/to"]);
    expect(pointers(await rollback(tenant, {}))).toEqual(["/to"]);
    expect((await tenant.api("/models/big", { method: "DELETE" })).status).toBe(204);
    expect(pointers(await rollback(tenant, { to: 1 }))).toEqual(["/targets/code/model"]);
    expect((await tenant.api("/routers/default")).body.published_version).toBe(2);
    expectProblem(await tenant.api("/routers/none/rollback", { body: { to: 1 } }), 404, "not_found");
  });

  it("happens once under an Idempotency-Key", async () => {
    const tenant = await tenantWithHistory();
    const key = { headers: { "idempotency-key": "a" } };
    const answers = await Promise.all([1, 2].map(() => rollback(tenant, { to: 1 }, key)));
    expect(answers.map(({ body }) => body.version)).toEqual([3, 3]);
  });
});

describe("a router's name", () => {
  it("changes with the keys that are limited to it", async () => {
    const tenant = await tenantWithHistory();
    const key = (
      await tenant.api("/keys", { body: { name: "k", scopes: ["inference"], allowed_routers: ["x", "default"] } })
    ).body.id;
    const renamed = await tenant.api("/routers/default", { method: "PATCH", body: { slug: "support" } });
    expect(renamed.status).toBe(200);
    expect(renamed.body).toMatchObject({ slug: "support", published_version: 2 });
    expectProblem(await tenant.api("/routers/default"), 404, "not_found");
    expect((await tenant.api("/routers/support/versions/1")).status).toBe(200);
    expect((await tenant.api(`/keys/${key}`)).body.allowed_routers).toEqual(["x", "support"]);
    expect((await actions(tenant))[0]).toBe("router.rename");
  });

  it("is one router's at a time, also when two want it at once", async () => {
    const tenant = await mintTenant();
    for (const slug of ["a", "b", "c"]) await tenant.api("/routers", { body: { slug } });
    const take = (slug: string) => tenant.api(`/routers/${slug}`, { method: "PATCH", body: { slug: "wanted" } });
    expect((await Promise.all(["a", "b"].map(take))).map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expectProblem(await take("c"), 409, "conflict");
    expect((await tenant.api("/routers/c", { method: "PATCH", body: { slug: "c" } })).status).toBe(200);
    expect(pointers(await tenant.api("/routers/c", { method: "PATCH", body: { slug: "No" } }))).toEqual(["/slug"]);
  });
});

describe("a router that is deleted", () => {
  it("takes draft and versions with it, serves nothing, and leaves its name free", async () => {
    const tenant = await tenantWithHistory();
    const deleted = await tenant.api("/routers/default", { method: "DELETE" });
    expect(deleted.status).toBe(204);
    for (const path of ["", "/draft", "/versions", "/versions/1"]) {
      expectProblem(await tenant.api(`/routers/default${path}`), 404, "not_found");
    }
    expectProblem(await tenant.api("/routers/default", { method: "DELETE" }), 404, "not_found");
    const request = { model: "auto", messages: [{ role: "user", content: "hello" }] };
    expect((await call("/v1/chat/completions", await tenant.key(), { body: request })).status).toBe(404);
    const [entry] = (await tenant.api("/audit-log?limit=2")).body.data.slice(1);
    expect(entry).toMatchObject({ action: "router.delete", changes: { "/slug": { from: "default", to: null } } });
    expect(await tenant.publish("default", { ...DOCUMENT, targets: {} })).toBe(1);
  });
});

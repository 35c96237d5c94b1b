import { describe, expect, it } from "vitest";
import { mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const BASE = "/routers/default/draft/policies";
const policy = (name: string, more: object = {}): object => ({ name, description: `About ${name}`, ...more });

async function tenantWithDraft(...names: readonly string[]): Promise<{ tenant: TestTenant; etag: string }> {
  const tenant = await mintTenant();
  let etag = (await tenant.api("/routers", { body: { slug: "default" } })).headers.get("etag") ?? "";
  for (const name of names) {
    etag =
      (await tenant.api(BASE, { body: policy(name, { target: { model: `m${String(name.length)}` } }) })).headers.get(
        "etag",
      ) ?? "";
  }
  return { tenant, etag };
}

const names = async (tenant: TestTenant): Promise<string[]> =>
  ((await tenant.api(BASE)).body.data as { name: string }[]).map(({ name }) => name);

const put = (tenant: TestTenant, name: string, body: unknown, match: string | null): Promise<Answer> =>
  tenant.api(`${BASE}/${encodeURIComponent(name)}`, {
    method: "PUT",
    body,
    headers: match === null ? {} : { "if-match": match },
  });

describe("a draft's policies, one at a time", () => {
  it("are added, read, replaced, renamed and deleted with their targets", async () => {
    const { tenant, etag } = await tenantWithDraft("code", "a/b c");
    const read = await tenant.api(`${BASE}/${encodeURIComponent("a/b c")}`);
    expect(read.body).toEqual({ name: "a/b c", description: "About a/b c", target: { model: "m5" } });
    expect(read.headers.get("etag")).toBe(etag);

    const renamed = await put(tenant, "code", policy("programming", { domain: "software" }), etag);
    expect(renamed.status).toBe(200);
    expect(renamed.body).toMatchObject({ name: "programming", domain: "software", target: { model: "m4" } });
    const draft = await tenant.api("/routers/default/draft");
    expect(draft.headers.get("etag")).toBe(renamed.headers.get("etag"));
    expect(draft.body.policies.map((each: { name: string }) => each.name)).toEqual(["programming", "a/b c"]);
    expect(draft.body.targets).toEqual({ programming: { model: "m4" }, "a/b c": { model: "m5" } });

    expect((await put(tenant, "programming", policy("programming", { target: null }), "*")).body.target).toBeNull();
    const removed = await tenant.api(`${BASE}/programming`, { method: "DELETE" });
    expect(removed.status).toBe(204);
    expect(await names(tenant)).toEqual(["a/b c"]);
    const audit = (await tenant.api("/audit-log")).body.data as { action: string }[];
    expect(audit.slice(0, 5).map(({ action }) => action)).toEqual([
      "policy.delete",
      "policy.replace",
      "policy.replace",
      "policy.add",
      "policy.add",
    ]);
  });

  it("lose nothing when people add at once, nor when they replace at once", async () => {
    const { tenant } = await tenantWithDraft();
    const wanted = ["one", "two", "three", "four", "five"];
    const added = await Promise.all(wanted.map((name) => tenant.api(BASE, { body: policy(name) })));
    expect(added.map(({ status }) => status)).toEqual(wanted.map(() => 201));
    expect((await names(tenant)).toSorted()).toEqual(wanted.toSorted());

    const etag = (await tenant.api(BASE)).headers.get("etag");
    const answers = await Promise.all(
      ["one", "two"].map((name) => put(tenant, name, policy(name, { domain: "d" }), etag)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  });

  it("need the draft's version where an edit could undo another's", async () => {
    const { tenant, etag } = await tenantWithDraft("a", "b");
    expectProblem(await put(tenant, "a", policy("a"), null), 428, "precondition_required");
    expectProblem(await put(tenant, "a", policy("a"), '"stale"'), 412, "precondition_failed");
    const stale = { headers: { "if-match": '"stale"' } };
    expectProblem(await tenant.api(BASE, { body: policy("c"), ...stale }), 412, "precondition_failed");
    expectProblem(await tenant.api(`${BASE}/a`, { method: "DELETE", ...stale }), 412, "precondition_failed");
    expectProblem(await tenant.api(`${BASE}:reorder`, { body: { order: ["b", "a"] } }), 428, "precondition_required");
    expect((await tenant.api(BASE)).headers.get("etag")).toBe(etag);
  });

  it("have one name each, letter case aside", async () => {
    const { tenant } = await tenantWithDraft("a", "b");
    expectProblem(await tenant.api(BASE, { body: policy("A") }), 409, "conflict");
    expectProblem(await put(tenant, "a", policy("B"), "*"), 409, "conflict");
    expect((await put(tenant, "a", policy("A"), "*")).body.name).toBe("A");
    expectProblem(await put(tenant, "a", policy("a"), "*"), 404, "not_found");
    expectProblem(await tenant.api(`${BASE}/none`), 404, "not_found");
    expectProblem(await tenant.api(`${BASE}/none`, { method: "DELETE" }), 404, "not_found");
  });

  it("are put in an order that names each of them once", async () => {
    const { tenant, etag } = await tenantWithDraft("a", "b", "c");
    const reorder = (order: unknown, match = etag): Promise<Answer> =>
      tenant.api(`${BASE}:reorder`, { body: { order }, headers: { "if-match": match } });
    for (const wrong of [["a", "b"], ["a", "b", "c", "d"], ["a", "b", "b"], []]) {
      expect(pointers(await reorder(wrong)), JSON.stringify(wrong)).toEqual(["/order"]);
    }
    const done = await reorder(["c", "a", "b"]);
    expect(done.status).toBe(200);
    expect(await names(tenant)).toEqual(["c", "a", "b"]);
    expectProblem(await reorder(["a", "b", "c"]), 412, "precondition_failed");
    expectProblem(await tenant.api(`${BASE}x`, { body: { order: [] } }), 404, "not_found");
  });

  it("happen once under an Idempotency-Key, with the ETag that they made", async () => {
    const { tenant } = await tenantWithDraft();
    const request = { body: policy("a"), headers: { "idempotency-key": "k" } };
    const [first, again] = [await tenant.api(BASE, request), await tenant.api(BASE, request)];
    expect([again.status, again.body, again.headers.get("etag")]).toEqual([201, first.body, first.headers.get("etag")]);
    expect(await names(tenant)).toEqual(["a"]);
  });

  it.each([
    [{ description: "x" }, "/name"],
    [policy("other"), "/name"],
    [policy("a", { target: { model: "auto" } }), "/target/model"],
    [policy("a", { model: "m" }), "/model"],
  ])("refuse %j at %s", async (body, pointer) => {
    const { tenant } = await tenantWithDraft();
    expect(pointers(await tenant.api(BASE, { body }))).toEqual([pointer]);
  });
});

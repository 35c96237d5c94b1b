import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const YAML = `
# Held by a repository.
policies:
  - name: contract review
    description: Find risky clauses; not for drafting
    domain: legal
  - { name: code, description: "Write, explain and mend programs" }
targets:
  contract review: { model: big, fallbacks: [small] }
fallback: { model: small }
settings: { deadline_ms: 500, mode: observe }
`;
const AS_YAML = { "content-type": "application/yaml" };

async function tenantWithRouter(): Promise<TestTenant> {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  for (const slug of ["small", "big"]) await tenant.model({ slug, provider: "echo" });
  await tenant.api("/routers", { body: { slug: "default" } });
  return tenant;
}

const put = (tenant: TestTenant, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  tenant.api("/routers/default/document", { method: "PUT", body, headers });
const read = (tenant: TestTenant, accept: string): Promise<Answer> =>
  tenant.api("/routers/default/document", { headers: { accept } });

describe("a router as one document", () => {
  it("is published from YAML once, and comes back as JSON and as YAML that import as the same", async () => {
    const tenant = await tenantWithRouter();
    expectProblem(await read(tenant, "*/*"), 404, "not_found");
    const first = await put(tenant, YAML, AS_YAML);
    expect([first.status, first.body.version, first.body.created]).toEqual([201, 1, true]);

    const json = await read(tenant, "application/json");
    expect(json.body).toMatchObject({ unsure: null, settings: { deadline_ms: 500, mode: "observe" } });
    const yaml = await read(tenant, "application/json;q=0.5, application/yaml");
    expect(yaml.headers.get("content-type")).toBe("application/yaml");
    expect(parse(yaml.body)).toEqual(json.body);
    expect(Object.keys(parse(yaml.body))).toEqual(["policies", "targets", "fallback", "unsure", "settings"]);
    for (const [body, headers] of [
      [YAML, AS_YAML],
      [yaml.body, AS_YAML],
      [json.body, {}],
    ] as const) {
      const again = await put(tenant, body, headers);
      expect([again.status, again.body.version, again.body.created]).toEqual([200, 1, false]);
    }
    expect(json.headers.get("etag")).toBe((await read(tenant, "*/*")).headers.get("etag"));
    const audit = (await tenant.api("/audit-log")).body.data as { action: string }[];
    expect(audit.filter(({ action }) => action === "router.import")).toHaveLength(1);
    expect((await tenant.api("/routers/default/draft")).body).toEqual(json.body);
  });

  it("makes one version of two imports at once, and of a repetition under an Idempotency-Key", async () => {
    const tenant = await tenantWithRouter();
    const both = await Promise.all([1, 2].map(() => put(tenant, YAML, AS_YAML)));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 201]);
    const changed = YAML.replace("small }\nsettings", "big }\nsettings");
    const keyed = { ...AS_YAML, "idempotency-key": "a" };
    const answers = [await put(tenant, changed, keyed), await put(tenant, changed, keyed)];
    expect(answers.map(({ status, body }) => [status, body.version])).toEqual([
      [201, 2],
      [201, 2],
    ]);
  });

  it("takes no edits from a draft that somebody is working on", async () => {
    const tenant = await tenantWithRouter();
    await put(tenant, YAML, AS_YAML);
    await tenant.api("/routers/default/draft/policies", { body: { name: "mine", description: "Unpublished" } });
    const draft = await tenant.api("/routers/default/draft");
    expect((await put(tenant, YAML.replace("500", "600"), AS_YAML)).status).toBe(201);
    const after = await tenant.api("/routers/default/draft");
    expect([after.body, after.headers.get("etag")]).toEqual([draft.body, draft.headers.get("etag")]);
  });

  it("replaces only the version that If-Match names, where it is given", async () => {
    const tenant = await tenantWithRouter();
    await put(tenant, YAML, AS_YAML);
    const etag = (await read(tenant, "*/*")).headers.get("etag") ?? "";
    expect((await put(tenant, YAML.replace("500", "600"), { ...AS_YAML, "if-match": etag })).status).toBe(201);
    const stale = await put(tenant, YAML.replace("500", "700"), { ...AS_YAML, "if-match": etag });
    expectProblem(stale, 412, "precondition_failed");
  });

  it.each([
    ["no YAML", "a: [", 400],
    ["two documents", "a: 1\n---\nb: 2", 400],
    ["an alias", "a: &x [1]\nb: *x", 400],
    ["endless nesting", "[".repeat(50_000), 400],
    ["nothing", "", 422],
    ["a field twice", "policies: []\npolicies: []", 400],
    ["an unknown field", `${YAML}rollout: 1\n`, 422],
    ["a swallowed name", "__proto__: { a: 1 }", 422],
    ["a NUL", 'policies: [{ name: "a\\0b", description: x }]', 422],
    ["too much", `# ${"x".repeat(1_000_001)}`, 413],
  ])("is not made of %s", async (_name, body, status) => {
    const answer = await put(await tenantWithRouter(), body, AS_YAML);
    expect(answer.status, JSON.stringify(answer.body).slice(0, 300)).toBe(status);
  });

  it.each([
    ["no YAML", `${YAML}: :`, `line ${String(YAML.split("\n").length)}, column `],
    ["an alias", "a: &x [1]\nb: *x", "without aliases"],
  ])("says of %s what is wrong with it", async (_name, body, detail) => {
    const answer = await put(await tenantWithRouter(), body, AS_YAML);
    expectProblem(answer, 400, "invalid_request_error");
    expect((answer.body as { detail: string }).detail).toContain(detail);
  });

  it("is not read where it is no UTF-8", async () => {
    const tenant = await tenantWithRouter();
    const answer = await fetch(`${stack().baseUrl}/api/v1/routers/default/document`, {
      method: "PUT",
      body: Buffer.from(YAML.replace("Find", "F\u00fcnd"), "latin1"),
      headers: { ...AS_YAML, authorization: `Bearer ${tenant.adminKey}` },
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { detail: "The request body is not valid UTF-8." },
    ]);
  });

  it("is published only when its models exist", async () => {
    const tenant = await tenantWithRouter();
    expect(pointers(await put(tenant, YAML.replaceAll("big", "gone"), AS_YAML))).toEqual([
      "/targets/contract review/model",
    ]);
    expect((await tenant.api("/routers/default")).body.published_version).toBeNull();
  });
});

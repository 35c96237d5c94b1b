import { describe, expect, it } from "vitest";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const document = {
  policies: [
    { name: "contract review", description: "Find risky clauses; not for drafting", domain: "legal" },
    { name: "legal", description: "Any other legal question", domain: "legal", level: "domain" },
  ],
  targets: {
    "contract review": { model: "big", fallbacks: ["small"], params: { temperature: 0 }, drop: ["seed"] },
    legal: { model: "small" },
  },
  fallback: { model: "small" },
  unsure: null,
  settings: { engine: "default", deadline_ms: 250, min_confidence: 0.5, mode: "enforce" },
};

async function tenantWithModels(): Promise<TestTenant> {
  const tenant = await mintTenant();
  await tenant.provider({ slug: "echo" });
  for (const slug of ["small", "big"]) await tenant.model({ slug, provider: "echo" });
  return tenant;
}

const put = (tenant: TestTenant, body: unknown, match: string | null): Promise<Answer> =>
  tenant.api("/routers/default/draft", {
    method: "PUT",
    body,
    headers: match === null ? {} : { "if-match": match },
  });

const publish = (tenant: TestTenant, body: unknown = {}): Promise<Answer> =>
  tenant.api("/routers/default/publish", { body });

describe("a router", () => {
  it("serves its new version to the very next request of a key that was in use all the time", async () => {
    const tenant = await tenantWithModels();
    const served = async (): Promise<unknown> => {
      const body = { model: "auto", messages: [{ role: "user", content: "hello" }] };
      const answer = await call("/v1/route", tenant.adminKey, { body });
      return (answer.body as { version?: number }).version;
    };
    for (const version of [1, 2, 3]) {
      await tenant.publish("default", { ...document, settings: { deadline_ms: 10_000 } } as RouterDocumentInput);
      expect(await served()).toBe(version);
    }
  });

  it("goes from nothing to a version that everyone can read", async () => {
    const tenant = await tenantWithModels();
    const made = await tenant.api("/routers", { body: { slug: "default" } });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ slug: "default", published_version: null });

    const empty = await tenant.api("/routers/default/draft");
    expect(empty.headers.get("etag")).toBe(made.headers.get("etag"));
    expect(empty.body).toMatchObject({ policies: [], targets: {}, fallback: null });

    const edited = await put(tenant, document, made.headers.get("etag"));
    expect(edited.status).toBe(200);
    expect(edited.body).toEqual(document);
    expect(edited.headers.get("etag")).toMatch(/^"[^"]+"$/);
    expect(edited.headers.get("etag")).not.toBe(made.headers.get("etag"));
    expect((await tenant.api("/routers/default/draft")).body).toEqual(document);

    const published = await publish(tenant, { note: "first" });
    expect(published.status).toBe(201);
    expect(published.body).toMatchObject({
      slug: "default",
      version: 1,
      policy_digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      published_at: expect.stringMatching(/Z$/) as string,
    });
    expect((await tenant.api("/routers/default")).body.published_version).toBe(1);
    expect((await tenant.api("/routers")).body.data).toMatchObject([{ slug: "default", published_version: 1 }]);
    const version = await tenant.api("/routers/default/versions/1");
    expect(version.body).toEqual({ ...published.body, note: "first", document });
  });

  it("keeps its digest when only targets change, and every version as it was", async () => {
    const tenant = await tenantWithModels();
    await tenant.publish("default", document as never);
    await tenant.publish("default", { ...document, targets: { legal: { model: "big" } } } as never);
    const reworded = [{ ...document.policies[0], description: "Changed" }, document.policies[1]];
    await tenant.publish("default", { ...document, policies: reworded } as never);

    const { data } = (await tenant.api("/routers/default/versions")).body;
    expect(data.map(({ version }: { version: number }) => version)).toEqual([3, 2, 1]);
    expect(data[1].policy_digest).toBe(data[2].policy_digest);
    expect(data[0].policy_digest).not.toBe(data[1].policy_digest);
    expect((await tenant.api("/routers/default/versions/1")).body.document).toEqual(document);
    const first = await tenant.api("/routers/default/versions?limit=2");
    const rest = await tenant.api(`/routers/default/versions?limit=2&cursor=${first.body.next_cursor}`);
    expect([...first.body.data, ...rest.body.data]).toEqual(data);
    expect(rest.body.next_cursor).toBeNull();
  });

  it("lets the second of two people who edit at once know, and keeps the first one's work", async () => {
    const tenant = await tenantWithModels();
    const etag = (await tenant.api("/routers", { body: { slug: "default" } })).headers.get("etag");
    const variants = [1, 2, 3].map((n) => ({ ...document, settings: { ...document.settings, deadline_ms: 100 + n } }));
    const answers = await Promise.all(variants.map((variant) => put(tenant, variant, etag)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
    const winner = answers.find(({ status }) => status === 200);
    const stored = await tenant.api("/routers/default/draft");
    expect(stored.body).toEqual(winner?.body);
    expect(stored.headers.get("etag")).toBe(winner?.headers.get("etag"));
  });

  it("asks for If-Match and refuses a stale, weak or unquoted one", async () => {
    const tenant = await tenantWithModels();
    const etag = (await tenant.api("/routers", { body: { slug: "default" } })).headers.get("etag") ?? "";
    expectProblem(await put(tenant, document, null), 428, "precondition_required");
    for (const match of ['"drf_stale"', `W/${etag}`, etag.replaceAll('"', ""), "nonsense, ,"]) {
      expectProblem(await put(tenant, document, match), 412, "precondition_failed");
    }
    expect((await put(tenant, document, `"other", ${etag}`)).status).toBe(200);
    expectProblem(await put(tenant, document, etag), 412, "precondition_failed");
    expect((await put(tenant, document, "*")).status).toBe(200);
  });

  it("keeps its version, and the audit log its peace, when a draft is written as it already is", async () => {
    const tenant = await tenantWithModels();
    const etag = (await tenant.api("/routers", { body: { slug: "default" } })).headers.get("etag");
    const first = await put(tenant, document, etag);
    const logged = async () => (await tenant.api("/audit-log")).body.data as unknown[];
    const before = await logged();
    const { policies, targets, fallback, settings } = document;
    // In another order, and without what is the default anyway.
    for (const same of [document, { settings, fallback, targets, policies }]) {
      const again = await put(tenant, same, first.headers.get("etag"));
      expect([again.status, again.body]).toEqual([200, first.body]);
      expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
    }
    const order = { order: policies.map(({ name }) => name) };
    const headers = { "if-match": first.headers.get("etag") ?? "" };
    const ordered = await tenant.api("/routers/default/draft/policies:reorder", { body: order, headers });
    expect(ordered.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(await logged()).toEqual(before);
    expectProblem(await put(tenant, document, etag), 412, "precondition_failed");
    const reversed = await put(tenant, { ...document, policies: policies.toReversed() }, "*");
    expect(reversed.headers.get("etag")).not.toBe(first.headers.get("etag"));
  });

  it("gives consecutive versions to publishes that come at once", async () => {
    const tenant = await tenantWithModels();
    await tenant.publish("default", document as never);
    const answers = await Promise.all([publish(tenant), publish(tenant), publish(tenant), publish(tenant)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(answers.map(({ body }) => body.version as number).toSorted()).toEqual([2, 3, 4, 5]);
    expect((await tenant.api("/routers/default")).body.published_version).toBe(5);
  });

  it("is published only when all it names is there", async () => {
    const tenant = await tenantWithModels();
    await tenant.api("/routers", { body: { slug: "default" } });
    const empty = await publish(tenant);
    expectProblem(empty, 422, "validation_failed");
    expect(pointers(empty).toSorted()).toEqual(["/fallback", "/policies"]);

    const broken = { ...document, unsure: { model: "gone", fallbacks: ["small", "lost"] } };
    expect((await put(tenant, broken, "*")).status).toBe(200);
    const refused = await publish(tenant);
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toEqual(["/unsure/model", "/unsure/fallbacks/1"]);
    expect((await tenant.api("/routers/default")).body.published_version).toBeNull();

    expect((await put(tenant, { ...document, targets: {} }, "*")).status).toBe(200);
    expect((await publish(tenant)).status).toBe(201);
  });

  it("never publishes a model that is being deleted", async () => {
    const tenant = await tenantWithModels();
    await tenant.api("/routers", { body: { slug: "default" } });
    for (let round = 0; round < 5; round += 1) {
      await put(tenant, document, "*");
      const [published, deleted] = await Promise.all([
        publish(tenant),
        tenant.api("/models/big", { method: "DELETE" }),
      ]);
      expect([
        [201, 409],
        [422, 204],
      ]).toContainEqual([published.status, deleted.status]);
      await put(tenant, { ...document, targets: {} }, "*");
      await publish(tenant);
      if (deleted.status === 204) await tenant.model({ slug: "big", provider: "echo" });
    }
  });

  const policy = { name: "a", description: "b" };
  const base = { policies: [policy], targets: {}, fallback: { model: "small" } };
  it.each([
    ["an unknown field", { ...base, polices: [] }, "/polices"],
    ["an unknown field of a policy", { ...base, policies: [{ ...policy, model: "x" }] }, "/policies/0/model"],
    ["an unknown field of a target", { ...base, targets: { a: { model: "x", weight: 1 } } }, "/targets/a/weight"],
    ["an unknown setting", { ...base, settings: { deadline: 1 } }, "/settings/deadline"],
    ["no fallback", { policies: [], targets: {} }, "/fallback"],
    ["a reserved name", { ...base, policies: [{ ...policy, name: "Other" }] }, "/policies/0/name"],
    ["a numeric name", { ...base, policies: [{ ...policy, name: "12" }] }, "/policies/0/name"],
    ["a name with markup", { ...base, policies: [{ ...policy, name: "<a>" }] }, "/policies/0/name"],
    ["a name not in NFC", { ...base, policies: [{ ...policy, name: "e\u0301" }] }, "/policies/0/name"],
    ["an overlong name", { ...base, policies: [{ ...policy, name: "x".repeat(65) }] }, "/policies/0/name"],
    ["two names that differ in case", { ...base, policies: [policy, { ...policy, name: "A" }] }, "/policies/1/name"],
    ["a target of no policy", { ...base, targets: { ghost: { model: "x" } } }, "/targets/ghost"],
    ["a model called auto", { ...base, fallback: { model: "auto" } }, "/fallback/model"],
    [
      "a NUL deep in params",
      { ...base, fallback: { model: "x", params: { a: [{ b: "\u0000" }] } } },
      "/fallback/params/a/0/b",
    ],
    ["a NUL in a key", { ...base, fallback: { model: "x", params: { "a\u0000": 1 } } }, "/fallback/params/a\u0000"],
    ["a lone surrogate", { ...base, policies: [{ ...policy, description: "\ud800" }] }, "/policies/0/description"],
    ["a deadline of nothing", { ...base, settings: { deadline_ms: 0 } }, "/settings/deadline_ms"],
    ["an unknown mode", { ...base, settings: { mode: "shadow" } }, "/settings/mode"],
  ])("refuses a draft with %s", async (_name, body, pointer) => {
    const tenant = await mintTenant();
    await tenant.api("/routers", { body: { slug: "default" } });
    const answer = await put(tenant, body, "*");
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toContain(pointer);
  });

  it("refuses what would nest without end or vanish on the way", async () => {
    const tenant = await mintTenant();
    await tenant.api("/routers", { body: { slug: "default" } });
    const deep = `{"policies":[],"targets":{},"fallback":{"model":"x","params":{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}}}`;
    expectProblem(await put(tenant, deep, "*"), 422, "validation_failed");
    const vanishing = '{"policies":[],"targets":{"__proto__":{"model":"x"}},"fallback":null}';
    expect(pointers(await put(tenant, vanishing, "*"))).toEqual(["/targets/__proto__"]);
  });

  it("is not found under anything that is not its name or number", async () => {
    const tenant = await tenantWithModels();
    await tenant.publish("default", document as never);
    const paths = [
      "/routers/none",
      "/routers/Default",
      "/routers/%00",
      "/routers/none/draft",
      "/routers/none/versions",
    ];
    const numbers = ["0", "2", "01", "1.0", "-1", "99999999999999999999", "x", "%00"];
    for (const path of [...paths, ...numbers.map((number) => `/routers/default/versions/${number}`)]) {
      expectProblem(await tenant.api(path), 404, "not_found");
    }
    expectProblem(await tenant.api("/routers/none/publish", { body: {} }), 404, "not_found");
  });
});

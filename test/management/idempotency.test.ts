import pg from "pg";
import { describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { call, mintTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const as = (key: string): { headers: Record<string, string> } => ({ headers: { "idempotency-key": key } });
const names = (body: { data: { name: string }[] }): string[] => body.data.map(({ name }) => name);

describe("a write under an Idempotency-Key", () => {
  const backend = { name: "backend", scopes: ["inference"] };

  it("happens once; its repetition answers the same but for what is shown once", async () => {
    const tenant = await mintTenant();
    const first = await tenant.api("/keys", { body: backend, ...as("a") });
    const again = await tenant.api("/keys", { body: backend, ...as("a") });
    const { token, ...rest } = first.body;
    expect(token).toMatch(/^sbx_/);
    expect(again.status).toBe(201);
    expect(again.body).toEqual({ ...rest, token_already_shown: true });
    expect(names((await tenant.api("/keys")).body)).toEqual(["backend", "admin"]);
    const audit = (await tenant.api("/audit-log")).body.data as { action: string }[];
    expect(audit.filter(({ action }) => action === "key.create")).toHaveLength(1);
  });

  it("happens once when both come at the same time", async () => {
    const tenant = await mintTenant();
    const answers = await Promise.all([1, 2, 3].map(() => tenant.api("/keys", { body: backend, ...as("a") })));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ body }) => "token" in body)).toHaveLength(1);
    expect(names((await tenant.api("/keys")).body)).toEqual(["backend", "admin"]);
  });

  it("is refused when the same key comes with another body, whatever the order of its fields", async () => {
    const tenant = await mintTenant();
    await tenant.api("/keys", { body: backend, ...as("a") });
    const reordered = await tenant.api("/keys", { body: { scopes: ["inference"], name: "backend" }, ...as("a") });
    expect(reordered.body.token_already_shown).toBe(true);
    const other = await tenant.api("/keys", { body: { ...backend, name: "other" }, ...as("a") });
    expectProblem(other, 422, "idempotency_key_reused");
    expect(names((await tenant.api("/keys")).body)).toEqual(["backend", "admin"]);
  });

  it("belongs to one tenant, one key and one route", async () => {
    const tenant = await mintTenant();
    const second = (await tenant.api("/keys", { body: { name: "second", scopes: ["admin"] } })).body.token;
    await tenant.api("/keys", { body: backend, ...as("a") });
    const bySecond = await call("/api/v1/keys", second, { body: backend, ...as("a") });
    expect(bySecond.body.token).toBeDefined();
    expect((await tenant.api("/routers", { body: { slug: "default" }, ...as("a") })).status).toBe(201);
    const stranger = await mintTenant();
    expect((await stranger.api("/keys", { body: backend, ...as("a") })).body.token).toBeDefined();
  });

  it("that was refused may be tried again", async () => {
    const tenant = await mintTenant();
    const model = { slug: "m", provider: "echo", upstream_model: "m" };
    expectProblem(await tenant.api("/models", { body: model, ...as("a") }), 422, "validation_failed");
    await tenant.provider({ slug: "echo" });
    const made = await tenant.api("/models", { body: model, ...as("a") });
    expect(made.status).toBe(201);
    expect((await tenant.api("/models", { body: model, ...as("a") })).body).toEqual(made.body);
    expectProblem(await tenant.api("/models", { body: model, ...as("b") }), 409, "conflict");
  });

  it("keeps a draft's answer and its ETag, also when the first answer was lost", async () => {
    const tenant = await mintTenant();
    const created = await tenant.api("/routers", { body: { slug: "default" }, ...as("r") });
    const replayed = await tenant.api("/routers", { body: { slug: "default" }, ...as("r") });
    const etag = created.headers.get("etag") ?? "";
    expect(replayed.headers.get("etag")).toBe(etag);
    const edit = {
      method: "PUT",
      body: { policies: [], targets: {}, fallback: null },
      headers: { "if-match": etag, "idempotency-key": "d" },
    };
    const first = await tenant.api("/routers/default/draft", edit);
    const again = await tenant.api("/routers/default/draft", edit);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
    const elsewhere = { ...edit, headers: { ...edit.headers, "if-match": "*" } };
    expectProblem(await tenant.api("/routers/default/draft", elsewhere), 422, "idempotency_key_reused");
  });

  it("makes one version of two publishes and one tenant of two orders", async () => {
    const tenant = await mintTenant();
    await tenant.provider({ slug: "echo" });
    await tenant.model({ slug: "m", provider: "echo" });
    await tenant.publish("default", {
      policies: [{ name: "code", description: "Code" }],
      targets: {},
      fallback: { model: "m" },
    });
    const publish = { body: {}, ...as("p") };
    const versions = await Promise.all([1, 2].map(() => tenant.api("/routers/default/publish", publish)));
    expect(versions.map(({ body }) => body.version)).toEqual([2, 2]);

    const order = { body: { name: "Twice" }, ...as(tenant.id) };
    const made = await Promise.all([1, 2].map(() => call("/api/v1/tenants", stack().operatorKey, order)));
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    const shown = made.map(({ body }) => body.admin_key.token_already_shown === true);
    expect(shown.toSorted()).toEqual([false, true]);
  });

  it("is forgotten after a day", async () => {
    const tenant = await mintTenant();
    const first = await tenant.api("/keys", { body: backend, ...as("a") });
    await ageAnswers(tenant.id);
    const later = await tenant.api("/keys", { body: { ...backend, name: "other" }, ...as("a") });
    expect(later.status).toBe(201);
    expect(later.body.id).not.toBe(first.body.id);
  });

  it.each(["x".repeat(256), "ümlaut", "tab\there"])("refuses a key like %j", async (key) => {
    const tenant = await mintTenant();
    const sent = Buffer.from(key, "utf8").toString("latin1");
    const answer = await tenant.api("/keys", { body: backend, ...as(sent) });
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toEqual(["/idempotency-key"]);
  });
});

/** Makes a tenant's remembered answers a day and a second old. */
async function ageAnswers(tenantId: string): Promise<void> {
  const client = new pg.Client(stack().adminUrl);
  await client.connect();
  try {
    await client.query(
      "update signalbox.idempotency_keys set created_at = now() - interval '24 hours 1 second' where tenant_id = $1",
      [tenantId],
    );
  } finally {
    await client.end();
  }
}

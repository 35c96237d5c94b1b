import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RouterDocumentInput } from "../../edge/routing/router-document.ts";
import { connect, rows } from "../database/connect.ts";
import { settledDecision } from "../stack/decision.ts";
import { stack } from "../stack/provided.ts";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";
import { receipt } from "./receipt.ts";
import { record } from "./record.ts";

const HOUR_MS = 3_600_000;
const SAID = "My landlord Mr Ibsen keeps my deposit";
const user = (content: string) => ({ role: "user", content });

const document = (settings: RouterDocumentInput["settings"] = {}): RouterDocumentInput => ({
  policies: [{ name: "law", description: "Legal questions of tenants and landlords" }],
  targets: {},
  fallback: { model: "small" },
  settings: { deadline_ms: 10_000, ...settings },
});

describe("recordings", () => {
  let admin: pg.Client;
  let tenant: TestTenant;
  let other: TestTenant;
  beforeAll(async () => {
    admin = await connect("admin");
  });
  beforeEach(async () => {
    [tenant, other] = [await mintTenant(), await mintTenant()];
    for (const each of [tenant, other]) {
      await each.provider({ slug: "echo" });
      await each.model({ slug: "small", provider: "echo", prices: { input_per_million: 1, output_per_million: 2 } });
      await each.publish("default", document({ record_prompts: true }));
    }
  });
  afterAll(() => admin.end());

  const PATH = "/routers/default/recordings";
  const listed = async (query = "", of = tenant): Promise<{ decision: string }[]> =>
    (await of.api(`${PATH}${query}`)).body.data as { decision: string }[];
  const ask = (body: object, headers = {}, path = "/v1/chat/completions"): Promise<Answer> =>
    call(path, tenant.adminKey, { body: { model: "auto", messages: [user(SAID)], ...body }, headers });
  const decisionOf = ({ headers }: Answer): string => headers.get("x-signalbox-decision") ?? "none";
  /** Records a request that came `hours` ago. */
  const made = async (hours: number, more: object = {}, of = tenant): Promise<string> => {
    const about = receipt(of.id, Date.now() - hours * HOUR_MS, more);
    expect(await record(of, "default", about, { messages: [user(SAID)] })).toBe(true);
    return about.id;
  };
  const read = async (id: string): Promise<Answer> => {
    await expect.poll(async () => (await listed()).map(({ decision }) => decision)).toContain(id);
    return tenant.api(`${PATH}/${id}`);
  };

  it("hold what was said, streamed or not, with the receipt's numbers, and the answer where that is kept", async () => {
    const silent = await read(decisionOf(await ask({})));
    expect(silent).toMatchObject({ status: 200, body: { messages: [user(SAID)], answer: null, truncated: false } });
    await tenant.publish("default", document({ record_prompts: true, record_answers: true }));
    for (const stream of [false, true]) {
      const asked = await ask({ stream });
      const { body } = await read(decisionOf(asked));
      const answered = stream
        ? String(asked.body)
            .split("\n\n")
            .filter((event) => event.startsWith("data: {"))
            .map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? "")
            .join("")
        : asked.body.choices[0].message.content;
      expect(body).toMatchObject({ messages: [user(SAID)], answer: answered, version: 2, model: "small" });
      const told = (await settledDecision(tenant, decisionOf(asked))) as Record<string, object>;
      expect(told["usage"]).toMatchObject(body.usage as object);
      expect(body).toMatchObject({ cost_usd: told["cost_usd"], policy: told["policy"] });
    }
  });

  it("hold questions for a route, and nothing of a router or a model that nobody wants recorded", async () => {
    await tenant.publish("silent", document());
    const off = receipt(tenant.id, Date.now());
    expect(await record(tenant, "silent", off, { messages: [user(SAID)] })).toBe(false);
    await ask({ model: "small" });
    await ask({ model: "router/silent" });
    await read(decisionOf(await ask({}, {}, "/v1/route")));
    expect(await listed()).toHaveLength(1);
    expect((await tenant.api("/routers/silent/recordings")).body.data).toEqual([]);
  });

  it("end with the version that ends them, whatever an edge still believes", async () => {
    await made(1);
    await tenant.publish("default", document());
    const late = receipt(tenant.id, Date.now());
    expect(await record(tenant, "default", late, { messages: [user(SAID)] })).toBe(false);
    expect(await listed()).toHaveLength(1);
    await tenant.api("/routers/default/rollback", { body: { to: 1 } });
    expect(await record(tenant, "default", late, { messages: [user(SAID)] })).toBe(true);
    expect(await record(tenant, "default", late, { messages: [user("again")] })).toBe(false);
  });

  it("leave what was said nowhere in the clear: not in the database, the audit log among it, and in no log", async () => {
    const id = decisionOf(await ask({}));
    expect(JSON.stringify((await read(id)).body)).toContain(SAID);
    await settledDecision(tenant, id);
    await tenant.api(`${PATH}/${id}`, { method: "DELETE" });
    await read(decisionOf(await ask({})));
    const tables = await rows<{ name: string }>(
      admin,
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
       where c.relnamespace = 'signalbox'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
    );
    for (const { name } of tables) {
      const text = `select to_jsonb(t)::text as row from signalbox.${name} t where tenant_id = $1`;
      const held = await rows<{ row: string }>(admin, text, [tenant.id]);
      expect(JSON.stringify(held), name).not.toMatch(/Ibsen|deposit/);
    }
    const { logDir } = stack();
    const logs = (await readdir(logDir)).filter((name) => name.endsWith(".log"));
    expect(logs.length).toBeGreaterThan(2);
    for (const name of logs) expect(await readFile(join(logDir, name), "utf8"), name).not.toMatch(/Ibsen|deposit/);
  });

  it("are read by nobody unnoticed", async () => {
    const id = await made(1);
    const key = await tenant.key({ scopes: ["recordings:read"] });
    expect((await call(`/api/v1${PATH}/${id}`, key)).status).toBe(200);
    const [entry] = (await tenant.api("/audit-log?limit=1")).body.data as Record<string, unknown>[];
    expect(entry).toMatchObject({
      action: "recording.read",
      target: { kind: "recording", id },
      actor: expect.stringMatching(/^key_/),
      changes: {},
    });
    expectProblem(await call(`/api/v1${PATH}/${id}`, key, { method: "DELETE" }), 403, "insufficient_scope");
    const eraser = await tenant.key({ scopes: ["recordings:write"] });
    expectProblem(await call(`/api/v1${PATH}/${id}`, eraser), 403, "insufficient_scope");
    const elsewhere = await tenant.key({ scopes: ["recordings:read", "recordings:write"], allowed_routers: ["b"] });
    expectProblem(await call(`/api/v1${PATH}/${id}`, elsewhere), 403, "model_not_allowed");
    expectProblem(await call(`/api/v1${PATH}`, elsewhere), 403, "model_not_allowed");
    expectProblem(await call(`/api/v1${PATH}`, elsewhere, { method: "DELETE" }), 403, "model_not_allowed");
    expect((await call(`/api/v1${PATH}/${id}`, eraser, { method: "DELETE" })).status).toBe(204);
  });

  it("are listed by policy, model, time and conversation", async () => {
    const [law, talk] = [await made(3, { policy: "law" }), await made(2, { policy: "talk", model: "large" })];
    const named = decisionOf(await ask({}, { "x-signalbox-conversation": "case-7" }));
    await read(named);
    const ids = async (query: string) => (await listed(query)).map(({ decision }) => decision);
    expect(await ids("")).toEqual([named, talk, law]);
    expect(await ids("?policy=law")).toContain(law);
    expect(await ids("?policy=talk")).toEqual([talk]);
    expect(await ids("?model=large")).toEqual([talk]);
    expect(await ids("?conversation=case-7")).toEqual([named]);
    expect(await ids("?conversation=case-8")).toEqual([]);
    const at = new Date(Date.now() - 2.5 * HOUR_MS).toISOString();
    expect([await ids(`?to=${at}`), await ids(`?from=${at}&limit=2`)]).toEqual([[law], [named, talk]]);
  });

  it("are deleted one by one, by conversation, and all at once, and stay so", async () => {
    const [first, second] = [await made(3), await made(2)];
    const named = decisionOf(await ask({}, { "x-signalbox-conversation": "case-7" }));
    await read(named);
    expect((await tenant.api(`${PATH}/${first}`, { method: "DELETE" })).status).toBe(204);
    expectProblem(await tenant.api(`${PATH}/${first}`), 404, "not_found");
    expectProblem(await tenant.api(`${PATH}/${first}`, { method: "DELETE" }), 404, "not_found");
    const erase = (query: string) => tenant.api(`${PATH}${query}`, { method: "DELETE" });
    expect((await erase("?conversation=case-7")).body).toEqual({ deleted: 1, more: false });
    expect((await listed()).map(({ decision }) => decision)).toEqual([second]);
    expect((await erase("")).body).toEqual({ deleted: 1, more: false });
    expect((await erase("")).body).toEqual({ deleted: 0, more: false });
    const trail = (await tenant.api("/audit-log?limit=2&action=recording.delete_many")).body.data as object[];
    expect(JSON.stringify(trail)).toMatch(/"\/deleted".*"\/conversation"/);
    expect(JSON.stringify(trail)).not.toContain("case-7");
    const wrong = await erase("?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z");
    expect(pointers(wrong)).toEqual(["/from"]);
  });

  it("are another tenant's or another router's business alone", async () => {
    await tenant.publish("second", document({ record_prompts: true }));
    const [mine, theirs] = [await made(1), await made(1, {}, other)];
    for (const path of [
      `${PATH}/${theirs}`,
      `/routers/second/recordings/${mine}`,
      `/routers/none/recordings/${mine}`,
    ]) {
      for (const method of ["GET", "DELETE"]) expectProblem(await tenant.api(path, { method }), 404, "not_found");
    }
    expect((await tenant.api(PATH, { method: "DELETE" })).body).toEqual({ deleted: 1, more: false });
    expect(await listed("", other)).toHaveLength(1);
    expect((await other.api(`${PATH}/${theirs}`)).status).toBe(200);
  });

  it("do not open when they were sealed for another decision or with a key that is gone", async () => {
    const [a, b] = [await made(2), await made(1)];
    const swap =
      "update signalbox.recordings set sealed = (select sealed from signalbox.recordings where decision_id = $1) where decision_id = $2";
    await admin.query(swap, [a, b]);
    expectProblem(await tenant.api(`${PATH}/${b}`), 409, "conflict");
    const lose = `update signalbox.recordings set key_id = 'gone', sealed = jsonb_set(sealed, '{key_id}', '"gone"') where decision_id = $1`;
    await admin.query(lose, [a]);
    expectProblem(await tenant.api(`${PATH}/${a}`), 409, "conflict");
    expect((await tenant.api(`${PATH}/${a}`, { method: "DELETE" })).status).toBe(204);
  });

  it("are gone with their router", async () => {
    const id = await made(1);
    await tenant.api("/routers/default", { method: "DELETE" });
    expectProblem(await tenant.api(PATH), 404, "not_found");
    await tenant.publish("default", document({ record_prompts: true }));
    expectProblem(await tenant.api(`${PATH}/${id}`), 404, "not_found");
    expect(await listed()).toEqual([]);
  });

  it.each([
    ["record_prompts", "yes"],
    ["record_days", 0],
    ["record_days", 366],
    ["record_percent", 0],
    ["record_percent", 101],
    ["record_answers", 1],
  ])("are not asked for with %s %j", async (name, value) => {
    const headers = { "if-match": "*" };
    const body = { ...document(), settings: { [name]: value } };
    const refused = await tenant.api("/routers/default/draft", { method: "PUT", body, headers });
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toEqual([`/settings/${name}`]);
  });
});

import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCOPES } from "../../edge/tenancy/snapshot.ts";
import { misfits } from "../contract/conforms.ts";
import { connect } from "../database/connect.ts";
import { aloneAtJobs } from "../jobs/alone-at-jobs.ts";
import { apiDocument, type ApiDocument } from "../management/api-document.ts";
import {
  pathOf,
  requestNaming,
  requestOf,
  servedOperations,
  tenantWithEverything,
  type Fixtures,
  type Operation,
} from "../management/operations.ts";
import { stack } from "../stack/provided.ts";
import { call, type Answer, type Call, type TestTenant } from "../stack/tenant.ts";
import { tellTales, tenantRows, type TenantRows } from "./tenant-rows.ts";

/** Served without a key on purpose: they hold nothing of any tenant, or a signature tells who asks. */
const PUBLIC = ["/healthz", "/readyz", "/openapi.json", "/docs", "/webhooks/feedback/{id}"];

interface Side {
  readonly tenant: TestTenant;
  readonly fixtures: Fixtures;
  /** What only this one of the two knows. */
  readonly secrets: readonly string[];
}

interface Answered {
  readonly what: string;
  readonly operation: Operation;
  readonly request: Call;
  readonly path: string;
  readonly answer: Answer;
}

describe("every operation that asks for a key", () => {
  let admin: pg.Client;
  let document: ApiDocument;
  let operations: Operation[];
  let sides: [owner: Side, stranger: Side][];

  beforeAll(async () => {
    admin = await connect("admin");
    // Jobs change rows of every tenant.
    await aloneAtJobs(admin);
    document = await apiDocument();
    operations = (await servedOperations()).filter(({ scope }) => scope !== "none");
    const made = [await tenantWithEverything("heron"), await tenantWithEverything("tapir")] as const;
    // What the jobs do once an hour, for these two alone.
    const sums =
      "insert into signalbox.usage_hourly select * from signalbox.usage_of($1, now() - interval '1 day', now()) on conflict do nothing";
    for (const { tenant } of made) await admin.query(sums, [tenant.id]);
    const [first, second] = [await tenantRows(admin, made[0].tenant.id), await tenantRows(admin, made[1].tenant.id)];
    const a = { ...made[0], secrets: tellTales(first, second) };
    const b = { ...made[1], secrets: tellTales(second, first) };
    sides = [
      [a, b],
      [b, a],
    ];
  });
  afterAll(() => admin.end());

  /** Calls every operation at the owner's objects with the key that `keyFor` gives. */
  async function walk(owner: Side, keyFor: (operation: Operation) => string | null): Promise<Answered[]> {
    const answered: Answered[] = [];
    for (const operation of operations) {
      const path = pathOf(operation, owner.fixtures);
      const request = requestNaming(operation, owner.fixtures);
      const answer = await call(path, keyFor(operation), request);
      answered.push({ what: `${operation.method} ${operation.path}`, operation, request, path, answer });
    }
    return answered;
  }

  /** Asserts that answers are documented and tell nothing of these that their request has not said itself. */
  function expectSilence(answered: readonly Answered[], secrets: readonly string[]): void {
    for (const { what, operation, request, path, answer } of answered) {
      const documented = operation.described.responses[String(answer.status)];
      expect(documented, `${what} ${answer.status}`).toBeDefined();
      const schema = documented?.content?.[answer.headers.get("content-type") ?? ""]?.schema ?? {};
      expect(misfits(answer.body, schema, document.components.schemas), what).toEqual([]);
      const said = `${decodeURIComponent(path)} ${JSON.stringify(request)}`;
      const told = `${JSON.stringify(answer.body)} ${JSON.stringify([...answer.headers])}`;
      expect(
        secrets.filter((secret) => told.includes(secret) && !said.includes(secret)),
        what,
      ).toEqual([]);
    }
  }

  const isOperators = ({ scope }: Operation): boolean => scope === "operator";
  const statuses = (answered: readonly Answered[]) => answered.map(({ what, answer }) => [what, answer.status]);
  const codes = (answered: readonly Answered[]) =>
    answered.map(({ what, answer }) => [what, answer.status, answer.body.code ?? answer.body.error?.code]);

  it("is one of those that are walked, and only what is public is not", async () => {
    const open = (await servedOperations()).filter(({ scope }) => scope === "none").map(({ path }) => path);
    expect(open.toSorted()).toEqual(PUBLIC.toSorted());
    expect(operations.length).toBeGreaterThan(55);
    expect(operations.filter(({ path }) => path.startsWith("/v1/")).length).toBeGreaterThanOrEqual(4);
    // A body without an example would be walked with none, and refused for that alone.
    const mute = operations.filter(({ described, example }) => described.requestBody !== undefined && !example);
    expect(mute.map(({ path }) => path)).toEqual([]);
  });

  it("has rows of both tenants behind it, in every table that holds tenants' rows", async () => {
    const [[a, b]] = sides as [[Side, Side]];
    for (const side of [a, b]) {
      const held = await tenantRows(admin, side.tenant.id);
      expect(held.size).toBeGreaterThan(9);
      const empty = [...held].filter(([, rows]) => rows.length === 0).map(([table]) => table);
      expect(empty).toEqual([]);
      for (const operation of operations) {
        if (operation.method !== "GET" || isOperators(operation)) continue;
        const path = pathOf(operation, side.fixtures);
        expect((await call(path, side.tenant.adminKey)).status, path).toBe(200);
      }
    }
  });

  it("refuses whoever has no key, a key of another tenant or one without the scope, and tells them nothing", async () => {
    for (const [owner, stranger] of sides) {
      const before = await tenantRows(admin, owner.tenant.id);
      const { secrets } = owner;
      expect(secrets.length).toBeGreaterThan(20);
      expect(secrets).toEqual(expect.arrayContaining([owner.tenant.id, owner.fixtures["keys"]?.["id"]]));

      const keyless = await walk(owner, () => null);
      expectSilence(keyless, secrets);
      expect(codes(keyless)).toEqual(keyless.map(({ what }) => [what, 401, "invalid_api_key"]));

      const foreign = await walk(owner, () => stranger.tenant.adminKey);
      expectSilence(foreign, secrets);
      for (const { what, operation, request, answer } of foreign) {
        const example = JSON.stringify(requestOf(operation).body);
        const named = JSON.stringify(request.body) !== example;
        if (isOperators(operation)) expect(answer.status, what).toBe(401);
        else if (operation.path.includes("{")) expect(answer.status, what).toBe(404);
        else if (named) expect([404, 422], what).toContain(answer.status);
        else expect([200, 201], what).toContain(answer.status);
      }

      expect(await changedTables(before, owner)).toEqual([]);
      const scopeless = new Map<string, string>();
      for (const scope of SCOPES) {
        const others = SCOPES.filter((other) => other !== scope && other !== "admin");
        scopeless.set(scope, await stranger.tenant.key({ scopes: others }));
      }
      const weak = await walk(owner, ({ scope }) => scopeless.get(scope) ?? stranger.tenant.adminKey);
      expectSilence(weak, secrets);
      const refusal = (operation: Operation) =>
        isOperators(operation) ? [401, "invalid_api_key"] : [403, "insufficient_scope"];
      expect(codes(weak)).toEqual(weak.map(({ what, operation }) => [what, ...refusal(operation)]));
      expect(await changedTables(before, owner)).toEqual([]);
    }
  });

  it("refuses the keys of a suspended tenant, at the other's objects and at its own", async () => {
    const [[owner, suspended]] = sides as [[Side, Side]];
    const path = `/api/v1/tenants/${suspended.tenant.id}/suspend`;
    expect((await call(path, stack().operatorKey, { method: "POST" })).status).toBe(200);
    for (const target of [owner, suspended]) {
      const answered = await walk(target, () => suspended.tenant.adminKey);
      expectSilence(answered, target.secrets);
      const status = (operation: Operation) => (isOperators(operation) ? 401 : 403);
      expect(statuses(answered)).toEqual(answered.map(({ what, operation }) => [what, status(operation)]));
    }
  });

  /** Tables in which a tenant's rows are no longer what they were. */
  async function changedTables(before: TenantRows, { tenant }: Side): Promise<string[]> {
    const after = await tenantRows(admin, tenant.id);
    const changed = [...after].filter(([table, rows]) => String(before.get(table)) !== String(rows));
    return changed.map(([table]) => table);
  }
});

describe("the fixture of an operation", () => {
  const fixtures = { routers: { slug: "a/b" }, usage: {}, "v1/chat": {} };
  const at = (path: string) => () => pathOf({ method: "GET", path }, fixtures);

  it("fills the parameters of its path", () => {
    expect(at("/api/v1/routers/{slug}/draft")()).toBe("/api/v1/routers/a%2Fb/draft");
    expect(at("/api/v1/usage")()).toBe("/api/v1/usage");
    expect(at("/v1/chat/completions")()).toBe("/v1/chat/completions");
  });

  it("is missed in a route of a resource that has none, with parameters in its path or without", () => {
    expect(at("/api/v1/novelties")).toThrow("no fixture for novelties of GET /api/v1/novelties");
    expect(at("/api/v1/novelties/{id}")).toThrow("no fixture");
    expect(at("/api/v1/chat")).toThrow("no fixture for chat");
    expect(at("/v1/usage")).toThrow("no fixture for v1/usage");
    expect(at("/v1/novelties")).toThrow("no fixture");
    expect(at("/beside")).toThrow("no fixture");
  });

  it("is missed in a route with a parameter that it does not have", () => {
    expect(at("/api/v1/routers/{slug}/novelties/{novelty}")).toThrow("no fixture for {novelty}");
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { SCOPES, type Scope } from "../../edge/tenancy/snapshot.ts";
import { call, mintTenant, type TestTenant } from "../stack/tenant.ts";
import {
  managementOperations,
  pathOf,
  requestOf,
  tenantWithEverything,
  type Fixtures,
  type Operation,
} from "./operations.ts";
import { expectProblem } from "./problem.ts";

const isScope = (scope: string): scope is Scope => (SCOPES as readonly string[]).includes(scope);

describe("every operation of the management surface", () => {
  let operations: Operation[];
  let owner: TestTenant;
  let fixtures: Fixtures;

  beforeAll(async () => {
    operations = await managementOperations();
    ({ tenant: owner, fixtures } = await tenantWithEverything());
  });

  it("is described with the scope it asks for, and none is missed by these tests", () => {
    expect(operations.length).toBeGreaterThan(25);
    for (const operation of operations) {
      expect(operation.scope === "operator" || isScope(operation.scope), operation.path).toBe(true);
      expect(() => pathOf(operation, fixtures)).not.toThrow();
    }
  });

  it("refuses a key with every scope but the one it asks for, and lets that one alone through", async () => {
    const keys = new Map<Scope, { without: string; only: string }>();
    for (const scope of SCOPES) {
      const others = SCOPES.filter((other) => other !== scope && other !== "admin");
      keys.set(scope, { without: await owner.key({ scopes: others }), only: await owner.key({ scopes: [scope] }) });
    }
    for (const operation of operations.filter(({ scope }) => scope !== "operator")) {
      const key = isScope(operation.scope) ? keys.get(operation.scope) : undefined;
      const path = pathOf(operation, fixtures);
      const refused = await call(path, key?.without ?? "", requestOf(operation));
      expectProblem(refused, 403, "insufficient_scope");
      if (operation.method === "GET") expect((await call(path, key?.only ?? "")).status, path).toBe(200);
    }
  });

  it("answers another tenant's object exactly as one that is not there", async () => {
    const stranger = await mintTenant();
    const missing = {
      keys: { id: "key_01k9zq3m8v7x5t2r4w6y8a0b1c" },
      providers: { slug: "missing" },
      models: { slug: "missing/model" },
      routers: {
        slug: "missing",
        version: "1",
        name: "missing",
        a: "1",
        b: "draft",
        golden_case: "gld_01k9zq3m8v7x5t2r4w6y8a0b1c",
        evaluation: "evl_01k9zq3m8v7x5t2r4w6y8a0b1c",
        decision: "dec_01k9zq3m8v7x5t2r4w6y8a0b1c",
      },
      rollouts: { id: "rol_01k9zq3m8v7x5t2r4w6y8a0b1c" },
      decisions: { id: "dec_01k9zq3m8v7x5t2r4w6y8a0b1c" },
      feedback: { id: "fbk_01k9zq3m8v7x5t2r4w6y8a0b1c" },
      "feedback-sources": { id: "fbs_01k9zq3m8v7x5t2r4w6y8a0b1c" },
    };
    const addressed = operations.filter(({ path, scope }) => path.includes("{") && scope !== "operator");
    for (const operation of addressed) {
      const foreign = await call(pathOf(operation, fixtures), stranger.adminKey, requestOf(operation));
      const absent = await call(pathOf(operation, missing), stranger.adminKey, requestOf(operation));
      expectProblem(foreign, 404, "not_found");
      expect({ ...foreign.body, request_id: "" }, operation.path).toEqual({ ...absent.body, request_id: "" });
    }
    // Nothing of all that has changed the owner's objects.
    for (const operation of operations.filter(({ method, scope }) => method === "GET" && scope !== "operator")) {
      expect((await call(pathOf(operation, fixtures), owner.adminKey)).status, operation.path).toBe(200);
    }
  });

  it("lists and writes nothing of another tenant's", async () => {
    const stranger = await mintTenant();
    const lists = operations.filter(
      ({ method, path, scope }) => method === "GET" && !path.includes("{") && scope !== "operator",
    );
    expect(lists.length).toBeGreaterThanOrEqual(6);
    for (const operation of lists) {
      const answer = await call(operation.path, stranger.adminKey);
      expect(JSON.stringify(answer.body), operation.path).not.toMatch(/own|Known to its owner/);
      expect(JSON.stringify(answer.body), operation.path).not.toContain(owner.id);
    }
    const model = { slug: "m", provider: "own-provider", upstream_model: "m" };
    expectProblem(await stranger.api("/models", { body: model }), 422, "validation_failed");
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { mintTenant, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

describe("the audit log", () => {
  let tenant: TestTenant;
  let keyId: string;
  let actions: (query: string) => Promise<string[]>;

  beforeAll(async () => {
    tenant = await mintTenant();
    await tenant.provider({ slug: "own" });
    await tenant.model({ slug: "small", provider: "own" });
    keyId = (await tenant.api("/keys", { body: { name: "second", scopes: ["inference"] } })).body.id as string;
    await tenant.api(`/keys/${keyId}/revoke`, { method: "POST" });
    actions = async (query) => {
      const answer = await tenant.api(`/audit-log?${query}`);
      expect(answer.status, query).toBe(200);
      return (answer.body.data as { action: string }[]).map(({ action }) => action);
    };
  });

  it("is filtered by who did what to what", async () => {
    expect(await actions("action=key.revoke")).toEqual(["key.revoke"]);
    expect(await actions("target_kind=model")).toEqual(["model.create"]);
    expect(await actions(`target_id=${keyId}`)).toEqual(["key.revoke", "key.create"]);
    expect(await actions("actor=operator")).not.toContain("model.create");
    const [entry] = (await tenant.api("/audit-log?action=model.create")).body.data as { actor: string }[];
    expect(await actions(`actor=${String(entry?.actor)}&target_kind=provider`)).toEqual(["provider.create"]);
    expect(await actions(`actor=${keyId}`)).toEqual([]);
    expect(await actions("actor=guardrails")).toEqual([]);
  });

  it("is filtered by time, and pages within a filter", async () => {
    expect(await actions("to=2026-01-01T00:00:00Z")).toEqual([]);
    expect(await actions("from=2026-01-01T00:00:00Z&target_kind=key")).toContain("key.revoke");
    const first = await tenant.api(`/audit-log?target_id=${keyId}&limit=1`);
    expect(await actions(`target_id=${keyId}&limit=1&cursor=${first.body.next_cursor}`)).toEqual(["key.create"]);
  });

  it.each([
    ["actor=somebody", "/actor"],
    ["action=everything", "/action"],
    ["target_kind=%00", "/target_kind"],
    ["target_id=%00", "/target_id"],
    ["from=yesterday", "/from"],
    ["colour=blue", "/colour"],
  ])("refuses '%s'", async (query, pointer) => {
    const answer = await tenant.api(`/audit-log?${query}`);
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer)).toContain(pointer);
  });

  it("shows another tenant nothing of it, whatever it filters by", async () => {
    const other = await mintTenant();
    expect((await other.api(`/audit-log?target_id=${keyId}`)).body.data).toEqual([]);
  });
});

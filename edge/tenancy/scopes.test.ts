import { describe, expect, it } from "vitest";
import { snapshotRow } from "../../test/edge-path/snapshot-row.ts";
import { hasScope, mayUseModel, mayUseRouter } from "./scopes.ts";
import { SCOPES } from "./snapshot.ts";

const keyWith = (fields: Parameters<typeof snapshotRow>[0]) => snapshotRow(fields).key;

describe("what a key may do", () => {
  it.each(SCOPES)("admin stands for %s, and %s for nothing else", (scope) => {
    expect(hasScope(keyWith({ key: { scopes: ["admin"] } }), scope)).toBe(true);
    const others = SCOPES.filter((other) => hasScope(keyWith({ key: { scopes: [scope] } }), other));
    expect(others).toEqual(scope === "admin" ? [...SCOPES] : [scope]);
  });

  it("lists of models and routers bind every key that has them, admin included; an empty one allows nothing", () => {
    const listed = keyWith({ key: { scopes: ["admin"], allowed_models: ["small"], allowed_routers: [] } });
    expect([mayUseModel(listed, "small"), mayUseModel(listed, "large")]).toEqual([true, false]);
    expect(mayUseRouter(listed, "default")).toBe(false);
    const free = keyWith({});
    expect([mayUseModel(free, "large"), mayUseRouter(free, "default")]).toEqual([true, true]);
  });
});

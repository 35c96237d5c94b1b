import { describe, expect, it } from "vitest";
import { createApp } from "../../edge/app.ts";
import type { Deps } from "../../edge/deps.ts";
import { createAuthLimits } from "../../edge/tenancy/auth-limits.ts";
import { managementOperations, requestOf } from "./operations.ts";

/** Deps on which only a refusal can run: whatever would read something is counted and fails. */
function closedDeps(): { deps: Deps; reads: string[] } {
  const reads: string[] = [];
  const closed = (name: string): never =>
    new Proxy(
      {},
      {
        get: (_target, property) => {
          reads.push(`${name}.${String(property)}`);
          throw new Error(`${name} was touched`);
        },
      },
    ) as never;
  const deps: Deps = {
    env: { ENVIRONMENT: "production", OPERATOR_KEY_HASHES: [] } as never,
    fetch: closed("fetch"),
    now: () => 0,
    random: () => 0.5,
    sleep: closed("sleep"),
    newId: () => "req_test",
    log: () => undefined,
    db: closed("db"),
    snapshots: closed("snapshots"),
    authLimits: createAuthLimits(),
    decider: closed("decider"),
    usage: closed("usage"),
  };
  return { deps, reads };
}

describe("without a key", () => {
  it.each([
    ["no header", undefined],
    ["another scheme", "Basic dXNlcjpwdw=="],
    ["a key of nobody's making", "Bearer sbx_live_0000000000000000000000000000000000aa"],
  ])("(%s) every operation is refused before anything is loaded", async (_name, authorization) => {
    const { deps, reads } = closedDeps();
    const app = createApp(() => deps);
    const codes = new Map<string, unknown>();
    for (const operation of await managementOperations()) {
      const { method = "GET", body } = requestOf(operation);
      const answer = await app.request(`http://edge.test${operation.path.replaceAll(/[{}]/g, "")}`, {
        method,
        headers: { "content-type": "application/json", ...(authorization !== undefined && { authorization }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const problem = (await answer.json()) as { code: string };
      codes.set(`${method} ${operation.path}`, problem.code);
    }
    expect(codes.size).toBeGreaterThan(25);
    // Too many refusals from one address are told to wait; neither answer has looked at anything.
    expect([...codes.values()].filter((code) => code !== "rate_limit_exceeded")).not.toHaveLength(0);
    for (const [operation, code] of codes) {
      expect(["invalid_api_key", "rate_limit_exceeded"], operation).toContain(code);
    }
    expect(reads).toEqual([]);
  });
});

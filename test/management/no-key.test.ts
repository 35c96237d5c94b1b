import { describe, expect, it } from "vitest";
import { createWholeApp } from "../../edge/whole-app.ts";
import type { Deps } from "../../edge/deps.ts";
import { mintApiKey } from "../../edge/tenancy/api-key.ts";
import { createAuthLimits } from "../../edge/tenancy/auth-limits.ts";
import { KeyUse } from "../../edge/tenancy/key-use.ts";
import type { SnapshotKey, TenantConfig } from "../../edge/tenancy/snapshot.ts";
import { requestOf, servedOperations, type Operation } from "./operations.ts";

/** Whom the one thing that may be looked at, the snapshot of a key, tells about; null: it may not be looked at. */
type Known = { readonly key: SnapshotKey; readonly tenant: TenantConfig } | null;

/** Deps on which only a refusal can run: whatever would read something else is counted and fails. */
function closedDeps(known: Known = null): { deps: Deps; reads: string[] } {
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
    env: { ENVIRONMENT: "production", OPERATOR_KEY_HASHES: [], CLIENT_ADDRESS_HEADER: "cf-connecting-ip" } as never,
    fetch: closed("fetch"),
    fetchUpstream: closed("fetchUpstream"),
    dial: closed("dial"),
    now: () => 0,
    random: () => 0.5,
    sleep: closed("sleep"),
    newId: () => "req_test",
    log: () => undefined,
    db: closed("db"),
    snapshots:
      known === null
        ? closed("snapshots")
        : ({
            needsFirstRead: () => false,
            find: () => Promise.resolve({ kind: "known", ...known, staleSeconds: null }),
          } as never),
    authLimits: createAuthLimits(),
    keyUse: new KeyUse({ query: () => Promise.resolve([]) }),
    decider: closed("decider"),
    usage: closed("usage"),
    shadowSlots: closed("shadowSlots"),
  };
  return { deps, reads };
}

/** Calls every operation that asks for a key, each with its example; gives the codes of the answers. */
async function refusals(
  deps: Deps,
  authorization: string | undefined,
): Promise<{ operation: Operation; what: string; code: unknown }[]> {
  const app = createWholeApp(() => deps);
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const answers: { operation: Operation; what: string; code: unknown }[] = [];
  for (const operation of (await servedOperations()).filter(({ scope }) => scope !== "none")) {
    const { method = "GET", body } = requestOf(operation);
    const request = new Request(`http://edge.test${operation.path.replaceAll(/[{}]/g, "")}`, {
      method,
      headers: { "content-type": "application/json", ...(authorization !== undefined && { authorization }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await app.fetch(request, {}, context);
    const told = (await answer.json()) as { code?: string; error?: { code: string } };
    answers.push({ operation, what: `${method} ${operation.path}`, code: told.code ?? told.error?.code });
  }
  expect(answers.length).toBeGreaterThan(55);
  return answers;
}

describe("without a key", () => {
  it.each([
    ["no header", undefined],
    ["another scheme", "Basic dXNlcjpwdw=="],
    ["a key of nobody's making", "Bearer sbx_live_0000000000000000000000000000000000aa"],
  ])("(%s) every operation is refused before anything is loaded", async (_name, authorization) => {
    const { deps, reads } = closedDeps();
    const answers = await refusals(deps, authorization);
    expect(answers).toEqual(answers.map((answer) => ({ ...answer, code: "invalid_api_key" })));
    expect(reads).toEqual([]);
  });
});

describe("with a key that may not", () => {
  const { token } = mintApiKey("live", () => 0.5);
  const key = { id: "key_x", environment: "live", scopes: [], expires_at: null, revoked_at: null } as never;
  const tenant = (status: TenantConfig["status"]) => ({ tenantId: "ten_a", status }) as TenantConfig;

  it.each([
    ["a scope that it lacks", "active", "insufficient_scope"],
    ["its tenant's suspension", "suspended", "tenant_suspended"],
    ["its tenant's deletion", "deleting", "tenant_suspended"],
  ] as const)("(%s) every operation is refused before anything but the key is loaded", async (_name, status, code) => {
    const { deps, reads } = closedDeps({ key, tenant: tenant(status) });
    const answers = await refusals(deps, `Bearer ${token}`);
    const expected = ({ scope }: Operation) => (scope === "operator" ? "invalid_api_key" : code);
    expect(answers).toEqual(answers.map((answer) => ({ ...answer, code: expected(answer.operation) })));
    expect(reads).toEqual([]);
  });
});

import { readFile, readdir } from "node:fs/promises";
import { relative, join } from "node:path";
import ts from "typescript";
import { describe, expect, it, vi } from "vitest";
import { createDecider } from "../../edge/decider/decider.ts";
import { LruMap } from "../../edge/lru-map.ts";
import { routerDocumentSchema } from "../../edge/routing/router-document.ts";
import { sleep } from "../../edge/sleep.ts";
import { hashApiKey, mintApiKey } from "../../edge/tenancy/api-key.ts";
import { createAuthLimits } from "../../edge/tenancy/auth-limits.ts";
import { authenticate } from "../../edge/tenancy/authenticate.ts";
import { SnapshotCache } from "../../edge/tenancy/snapshot-cache.ts";
import type { Principal } from "../../edge/tenancy/snapshot.ts";
import { snapshotRow } from "../edge-path/snapshot-row.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/**
 * Everything that outlives a request, in the worker and in the inference service, and what tells its entries apart.
 * `tenant`: the tenant (to the inference service: its isolation token) comes first in the key. `key`: the SHA-256 of an
 * API key, which is one tenant's. `address`: what refusals are counted by, before anyone is known. `content`: the key is
 * a hash of all that the value is made of, nothing of it is a tenant's alone. `process`: holds nothing of any tenant.
 */
const STORES: Readonly<Record<string, "tenant" | "key" | "address" | "content" | "process">> = {
  "edge/completions/shadow-slots.ts #taken": "tenant",
  "edge/decider/decider.ts breakers": "tenant",
  "edge/decider/memo.ts #decisions": "tenant",
  "edge/decider/memo.ts #versions": "process",
  "edge/deps.ts made": "process",
  "edge/tenancy/failure-limit.ts #buckets": "address",
  "edge/tenancy/key-use.ts #noted": "tenant",
  "edge/tenancy/secrets.ts cipherKeys": "process",
  "edge/tenancy/snapshot-cache.ts #backOff": "key",
  "edge/tenancy/snapshot-cache.ts #negative": "key",
  "edge/tenancy/snapshot-cache.ts #reads": "key",
  "edge/tenancy/snapshot-shelf.ts #changedAt": "tenant",
  "edge/tenancy/snapshot-shelf.ts #newKeys": "key",
  "edge/tenancy/snapshot-shelf.ts #tenantOf": "key",
  "edge/tenancy/snapshot-shelf.ts #tenants": "tenant",
  "edge/tenancy/tenant-secrets.ts signingKeys": "process",
  "edge/upstream/hop.ts deploymentIds": "process",
  "inference/decide/admission.ts lanes": "tenant",
  "inference/decide/policy-sets.ts entries": "content",
  "inference/engines/embedded/segment-threads.ts pending": "process",
  "inference/engines/embedded/walk.ts encodings": "tenant",
  "inference/engines/embedded/walk.ts positions": "tenant",
  "inference/engines/vllm/token-counts.ts known": "tenant",
  "inference/engines/vllm/vllm-engine.ts abilities": "process",
};

/** Modules whose maps are made anew for each of the things they hold, or are themselves one of the stores above. */
const CONTAINERS = ["edge/lru-map.ts", "inference/engines/lru-cache.ts"];
/** Made for one answer or one question, and gone with it. */
const OF_ONE_REQUEST = ["edge/stopper.ts #listeners", "edge/upstream/meter.ts #finished"];

const GROWING = new Set(["Map", "Set", "WeakMap", "WeakSet", "LruMap"]);

async function sources(): Promise<string[]> {
  const files = await Promise.all(
    ["edge", "inference"].map(async (folder) => {
      const found = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
      return found.map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  const offline = /\/inference\/(evaluation|training)\//;
  return files.flat().filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !offline.test(path));
}

/** The stores that a source file makes: maps and sets in fields, in modules, and in what `create…` functions return. */
async function storesOf(path: string): Promise<string[]> {
  const source = ts.createSourceFile(path, await readFile(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isGrowing(node) && outlivesCalls(node)) found.push(`${relative(ROOT, path)} ${nameOf(node)}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...new Set(found)];
}

function isGrowing(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) return node.expression.getText() === "createLruCache";
  if (!ts.isNewExpression(node) || !GROWING.has(node.expression.getText())) return false;
  // What is filled where it is made is a constant.
  return node.expression.getText() === "LruMap" || node.arguments === undefined || node.arguments.length === 0;
}

function outlivesCalls(node: ts.Node): boolean {
  if (/^(LruMap|createLruCache|WeakMap)$/.test(expressionOf(node))) return true;
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isPropertyDeclaration(at) || ts.isConstructorDeclaration(at)) return true;
    // The state of what a function makes, unless it is made within another function of that one.
    if (ts.isFunctionDeclaration(at)) return /^(create|start|make)/.test(at.name?.text ?? "");
    if (ts.isFunctionLike(at) && !isWithinMaker(at)) return false;
  }
  return true;
}

function isWithinMaker(node: ts.Node): boolean {
  // `Array.from({ length }, () => ({ … }))` and its like run once, when the thing is made.
  return (
    ts.isArrowFunction(node) && ts.isCallExpression(node.parent) && node.parent.expression.getText() === "Array.from"
  );
}

const expressionOf = (node: ts.Node): string =>
  ts.isNewExpression(node) || ts.isCallExpression(node) ? node.expression.getText() : "";

function nameOf(node: ts.Node): string {
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isVariableDeclaration(at) || ts.isPropertyDeclaration(at)) return at.name.getText();
    if (ts.isPropertyAssignment(at) || ts.isMethodDeclaration(at)) return at.name.getText();
    if (ts.isBinaryExpression(at)) return at.left.getText().replace("this.", "");
  }
  return "";
}

describe("what outlives a request", () => {
  it("is all of it listed here, with what its entries are told apart by", async () => {
    const paths = (await sources()).filter((path) => !CONTAINERS.includes(relative(ROOT, path)));
    const found = (await Promise.all(paths.map(storesOf))).flat();
    const known = [...Object.keys(STORES), ...OF_ONE_REQUEST];
    expect(found.toSorted()).toEqual(known.toSorted());
  });

  it("never shares an entry between two tenants who ask the same, with the same names, of the same router", async () => {
    const written = new Map<string, Set<string>>();
    const writes = vi.spyOn(LruMap.prototype, "set").mock.calls;
    const tenants = await Promise.all(
      ["ten_heron", "ten_tapir"].map(async (id, index) => {
        const { token } = mintApiKey("live", () => index / 2);
        return { id, token, hash: await hashApiKey(token) };
      }),
    );
    const document = { policies: [{ name: "code", description: "" }], targets: {}, fallback: { model: "m" } };
    const router = {
      id: "rtr_same",
      slug: "default",
      version: 1,
      policy_digest: "same",
      published_at: "2026-01-01T00:00:00Z",
      document: routerDocumentSchema.parse(document),
    };
    const query = <T>(_text: string, [hash]: readonly unknown[]): Promise<T[]> => {
      const tenant = tenants.find((one) => one.hash === hash);
      const row = tenant && snapshotRow({ tenant: { id: tenant.id, status: "active" }, routers: [router] });
      return Promise.resolve([{ snapshot: row ?? null }] as T[]);
    };
    const common = { now: () => 0, sleep, log: () => undefined };
    const snapshots = new SnapshotCache({ db: { query }, ...common });
    const answered = { scores: [{ policy: "code", probability: 1 }], engine: "e@1", escalated: false, timings: {} };
    const decider = createDecider({
      env: { INFERENCE_URL: "http://inference.test", INFERENCE_TOKEN: "t", SIGNING_SECRET: "s".repeat(32) },
      fetch: () => Promise.resolve(Response.json(answered)),
      ...common,
    });
    const env = { ENVIRONMENT: "production" } as Parameters<typeof authenticate>[0]["env"];
    const deps = { env, snapshots, authLimits: createAuthLimits(), ...common };
    const waitUntil = (): void => undefined;
    const address = "192.0.2.7";
    const sources: string[] = [];
    for (const { id, token } of tenants) {
      const before = writes.length;
      const given = { authorization: `Bearer ${token}`, clientAddress: address, waitUntil };
      const principal = (await authenticate(deps, given)) as { ok: true; value: Principal };
      expect(principal.value.tenant.tenantId).toBe(id);
      const conversation = [{ role: "user" as const, content: "the same words" }];
      const question = { tenantId: id, router, paidEngines: [], conversation, requestId: "req", waitUntil };
      for (let time = 0; time < 2; time += 1) sources.push((await decider.decide(question)).source);
      snapshots.changed(id);
      written.set(id, new Set(writes.slice(before).map(([key]) => key)));
    }
    // Each was asked about once and remembered for itself.
    expect(sources).toEqual(["engine", "memo", "engine", "memo"]);
    const shared = new Set(["e", address]);
    for (const [index, { id, hash }] of tenants.entries()) {
      const own = [...(written.get(id) ?? [])].filter((key) => !shared.has(key));
      expect(own.length).toBeGreaterThanOrEqual(4);
      for (const key of own) expect(key === hash || key === id || key.startsWith(`${id}:`), key).toBe(true);
      const other = written.get(tenants[1 - index]!.id);
      expect(own.filter((key) => other?.has(key))).toEqual([]);
    }
  });
});

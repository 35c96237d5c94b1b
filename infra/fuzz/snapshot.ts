import assert from "node:assert/strict";
import fc from "fast-check";
import { sleep } from "../../edge/sleep.ts";
import { readSnapshot } from "../../edge/tenancy/read-snapshot.ts";
import { SnapshotShelf } from "../../edge/tenancy/snapshot-shelf.ts";
import { PROVIDER_KINDS, SCOPES } from "../../edge/tenancy/snapshot.ts";
import { named, type FuzzProperty } from "./fuzz-property.ts";
import { anyJson, anyName, looseRecord, orAnyJson } from "./hostile.ts";
import { document } from "./policy-document.ts";

const slug = fc.oneof({ weight: 3, arbitrary: fc.constantFrom("a", "b") }, anyName);
const date = fc.constantFrom("2026-01-01T00:00:00Z", "infinity", "nonsense", "");

const row = looseRecord({
  revision: fc.oneof(fc.nat(), fc.double()),
  unchanged: fc.constantFrom(true, false),
  tenant: looseRecord({ id: anyName, status: fc.constantFrom("active", "suspended", "deleting") }),
  key: looseRecord({
    id: anyName,
    environment: fc.constantFrom("live", "dev", "op"),
    scopes: fc.array(orAnyJson(fc.constantFrom(...SCOPES), 40), { maxLength: 3 }),
    expires_at: fc.oneof(date, fc.constant(null)),
    revoked_at: fc.oneof(date, fc.constant(null)),
    allowed_models: fc.oneof(fc.array(slug, { maxLength: 2 }), fc.constant(null)),
    allowed_routers: fc.constant(null),
  }),
  providers: fc.array(
    looseRecord({
      id: anyName,
      slug,
      kind: fc.constantFrom(...PROVIDER_KINDS),
      base_url: fc.oneof(fc.webUrl(), fc.constant(null)),
      credential: fc.constant(null),
    }),
    { maxLength: 2 },
  ),
  models: fc.constant([]),
  routers: fc.array(
    looseRecord({
      id: anyName,
      slug,
      version: fc.nat(),
      policy_digest: anyName,
      published_at: date,
      document,
    }),
    { maxLength: 2 },
  ),
  rollouts: fc.constant([]),
});

/** Rows as the database might give them when another version of this service, or a person, had written them. */
const anyRow = fc.oneof({ weight: 6, arbitrary: row }, { weight: 1, arbitrary: anyJson });

export const snapshotProperties: readonly FuzzProperty[] = [
  named(
    "snapshot: any row is compiled or called invalid; what is compiled is found by its own names and no other",
    fc.asyncProperty(anyRow, fc.option(fc.nat({ max: 3 })), async (value, knownRevision) => {
      const logged: string[] = [];
      const log = (_level: string, event: string): void => void logged.push(event);
      const db = { query: <T>() => Promise.resolve([{ snapshot: value }] as T[]) };
      const read = await readSnapshot({ db, log, sleep }, "hash", knownRevision);
      if (read.kind === "failed") assert.fail("a row was taken for an outage");
      assert.equal(read.kind === "invalid", logged.includes("snapshot_row_invalid"));
      if (read.kind !== "found") return;
      const { tenant, key, bytes } = read;
      for (const map of [tenant.providers, tenant.models, tenant.routers]) {
        for (const [name, item] of map) assert.equal(item.slug, name);
        assert.equal(
          map.get("toString"),
          [...map.values()].findLast((item) => item.slug === "toString"),
        );
      }
      const shelf = new SnapshotShelf(bytes * 8);
      shelf.put("hash", key, tenant, bytes, 1);
      assert.equal(shelf.get("other"), null);
      const held = shelf.get("hash");
      if (held !== null) assert.equal(held.tenant.tenantId, tenant.tenantId);
    }),
  ),
];

import { eq } from "drizzle-orm";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabases, type Databases } from "../../edge/db/client.ts";
import { QueryFailure } from "../../edge/db/database-failure.ts";
import { privilegedLogins } from "../../edge/db/login-check.ts";
import { models, providers, tenants } from "../../edge/db/schema.ts";
import type { Env } from "../../edge/env.ts";
import { ServiceError } from "../../edge/errors.ts";
import { stack } from "../stack/provided.ts";
import { connect, rows } from "./connect.ts";
import { makeFullTenant, newId, type FullTenant } from "./full-tenant.ts";

/** Bounds the wait for what another process does; nothing is measured. */
const SOON = { timeout: 20_000 };

describe("the worker's two databases", () => {
  let admin: pg.Client;
  let mine: FullTenant;
  let theirs: FullTenant;

  beforeAll(async () => {
    admin = await connect("admin");
    mine = await makeFullTenant(admin);
    theirs = await makeFullTenant(admin);
  });
  afterAll(() => admin.end());

  function databases(overrides: Partial<Env> = {}): Databases {
    const { edgeUrl, apiUrl, httpEndpoint, wsProxy } = stack();
    return createDatabases({
      DATABASE_URL_EDGE: edgeUrl,
      DATABASE_URL_API: apiUrl,
      DATABASE_HTTP_ENDPOINT: httpEndpoint,
      DATABASE_WS_PROXY: wsProxy,
      ...overrides,
    } as Env);
  }
  const slugs = (id: string): Promise<{ slug: string }[]> =>
    rows(admin, "SELECT slug FROM signalbox.providers WHERE tenant_id = $1 ORDER BY slug", [id]);

  it("call functions on the hot path and read nothing else", async () => {
    const { edge } = databases();
    const [row] = await edge.query<{ s: { tenant: { id: string } } }>("select signalbox.edge_snapshot($1, $2) as s", [
      mine.keyHash,
      null,
    ]);
    expect(row?.s.tenant.id).toBe(mine.id);
    await expect(edge.query("select * from signalbox.tenants", [])).rejects.toMatchObject({ sqlState: "42501" });
  });

  it("read within one tenant, with no condition in the query", async () => {
    const { api } = databases();
    const found = await api.read({ tenantId: mine.id }, (db) => db.select().from(models));
    expect(found).toMatchObject([{ tenantId: mine.id, slug: "m", modalities: ["text", "image"], contextWindow: 4096 }]);
    const foreign = await api.read({ tenantId: mine.id }, (db) =>
      db.select().from(models).where(eq(models.tenantId, theirs.id)),
    );
    expect(foreign).toEqual([]);
  });

  it("write within one tenant, all or nothing", async () => {
    const { api } = databases();
    const row = { tenantId: mine.id, id: "prv_tx", slug: "tx", kind: "echo" };
    const failing = api.transaction({ tenantId: mine.id }, async (tx) => {
      await tx.insert(providers).values(row);
      throw new Error("the verb's own");
    });
    await expect(failing).rejects.toThrow("the verb's own");
    expect(await slugs(mine.id)).toEqual([{ slug: "p" }]);

    const count = await api.transaction({ tenantId: mine.id }, async (tx) => {
      await tx.insert(providers).values(row);
      return (await tx.select().from(providers)).length;
    });
    expect(count).toBe(2);
    expect(await slugs(mine.id)).toEqual([{ slug: "p" }, { slug: "tx" }]);

    const foreign = api.transaction({ tenantId: theirs.id }, (tx) => tx.insert(providers).values(row));
    await expect(foreign).rejects.toMatchObject({ sqlState: "42501" });
  });

  it("let the operator make a tenant but not read its keys", async () => {
    const { api } = databases();
    const id = newId("tenant");
    await api.transaction({ operator: true }, (tx) => tx.insert(tenants).values({ id, name: "New" }));
    const found = await api.read({ operator: true }, (db) => db.select().from(tenants).where(eq(tenants.id, id)));
    expect(found).toMatchObject([{ id, name: "New", status: "active", revision: 1 }]);
    expect(await api.read({ operator: true }, (db) => db.select().from(providers))).toEqual([]);
  });

  it("refuse without telling the statement, its parameters or other rows' values", async () => {
    const { api } = databases();
    const row = { tenantId: mine.id, id: "prv_secret", slug: "p", kind: "kind-secret" };
    const error: unknown = await api
      .transaction({ tenantId: mine.id }, (tx) => tx.insert(providers).values(row))
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(QueryFailure);
    expect(error).toMatchObject({ sqlState: "23505", constraint: "providers_slug_key" });
    expect(error).not.toHaveProperty("cause");
    expect(String((error as Error).stack)).not.toMatch(/secret|insert|slug\)/i);
  });

  it("leave no connection behind, whatever happened", async () => {
    const { api } = databases();
    await api.transaction({ tenantId: mine.id }, () => Promise.resolve(1));
    await api.transaction({ tenantId: mine.id }, () => Promise.reject(new Error("no"))).catch(() => undefined);
    // The bridge names its pooled connections; the others are those of transactions.
    const open =
      "SELECT pid FROM pg_stat_activity WHERE usename = 'signalbox_api' AND application_name LIKE 'pkg:npm/%neon%' AND backend_type = 'client backend'";
    await expect.poll(() => rows(admin, open), SOON).toEqual([]);
  });

  it("say service_unavailable when nobody answers", async () => {
    const nobody = databases({ DATABASE_HTTP_ENDPOINT: "http://127.0.0.1:1/sql", DATABASE_WS_PROXY: "127.0.0.1:1/v1" });
    const attempts = [
      () => nobody.edge.query("select 1", []),
      () => nobody.api.read({ operator: true }, (db) => db.select().from(tenants)),
      () => nobody.api.transaction({ operator: true }, () => Promise.resolve(1)),
    ];
    for (const attempt of attempts) {
      const error: unknown = await attempt().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(ServiceError);
      expect(error).toMatchObject({ refusal: { code: "service_unavailable" } });
      expect(error).not.toHaveProperty("cause");
    }
  });

  it("stop waiting for a database that hangs when the caller does", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const { edge } = databases({ DATABASE_HTTP_ENDPOINT: `http://127.0.0.1:${String(port)}/sql` });
    const abort = new AbortController();
    const waiting = edge.query("select 1", [], { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ refusal: { code: "service_unavailable" } });
    silent.closeAllConnections();
    silent.close();
  });

  it("notice a login that could pass row-level security", async () => {
    expect(await privilegedLogins(databases())).toBe(false);
    expect(await privilegedLogins(databases({ DATABASE_URL_API: stack().adminUrl }))).toBe(true);
    expect(await privilegedLogins(databases({ DATABASE_URL_EDGE: stack().adminUrl }))).toBe(true);
  });
});

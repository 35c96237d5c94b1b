import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { resealRecordings } from "../../edge/jobs/reseal-recordings.ts";
import { removeOldRecordings } from "../../edge/jobs/jobs.store.ts";
import { open, seal } from "../../edge/tenancy/secrets.ts";
import type { Sealed } from "../../edge/tenancy/snapshot.ts";
import { connect, rows } from "../database/connect.ts";
import { makeFullTenant, newId, type FullTenant } from "../database/full-tenant.ts";
import { aloneAtJobs } from "./alone-at-jobs.ts";
import { jobsDatabase } from "./jobs-database.ts";

const DAY_MS = 86_400_000;
const ringKey = (id: string, fill: number) => ({ id, key: Buffer.alloc(32, fill).toString("base64") });
const OLD = [ringKey("recordings-old", 3)];
const NEW = [ringKey("recordings-new", 4), ...OLD];

describe("the jobs that look after recordings", () => {
  let admin: pg.Client;
  let edge: pg.Client;
  let tenant: FullTenant;
  let other: FullTenant;

  beforeAll(async () => {
    [admin, edge] = await Promise.all([connect("admin"), connect("edge")]);
    await aloneAtJobs(admin);
  }, 120_000);
  beforeEach(async () => {
    tenant = await makeFullTenant(admin);
    other = await makeFullTenant(admin);
    for (const { id } of [tenant, other]) {
      await admin.query("delete from signalbox.recordings where tenant_id = $1", [id]);
      await publish(id, { record_prompts: true, record_days: 10 });
    }
  });
  afterAll(async () => {
    await Promise.all([admin.end(), edge.end()]);
  });

  /** Makes the next version of a tenant's router the one that is published. */
  async function publish(tenantId: string, settings: object): Promise<void> {
    await admin.query(
      `insert into signalbox.router_versions (tenant_id, router_id, version, document, policy_digest, published_by)
       select tenant_id, router_id, max(version) + 1, $2, 'd', 'key_a' from signalbox.router_versions
       where tenant_id = $1 group by 1, 2`,
      [tenantId, JSON.stringify({ settings })],
    );
    await admin.query(
      `update signalbox.routers r set published_version =
         (select max(version) from signalbox.router_versions v where v.tenant_id = r.tenant_id) where tenant_id = $1`,
      [tenantId],
    );
  }

  /** Records a request that came `days` ago, as the edge does. */
  async function made({ id }: FullTenant, days: number, text = "said"): Promise<string> {
    const at = Date.now() - days * DAY_MS;
    const decision = newId("decision", at);
    const sealed = await seal(OLD, { tenantId: id, ownerId: decision }, text);
    const about = { decision_id: decision, router_version: 1, sealed, created_at: new Date(at).toISOString() };
    const kept = "select signalbox.record_conversation($1, 'rtr_1', $2) as kept";
    expect(await rows(edge, kept, [id, JSON.stringify(about)])).toEqual([{ kept: true }]);
    return decision;
  }
  const left = async ({ id }: FullTenant): Promise<string[]> =>
    (
      await rows<{ id: string }>(
        admin,
        "select decision_id as id from signalbox.recordings where tenant_id = $1 order by 1",
        [id],
      )
    ).map(({ id: decision }) => decision);
  const remove = async (limit = 1_000): Promise<void> => {
    while ((await removeOldRecordings(jobsDatabase(), limit)) > 0);
  };

  it("remove them when their days are over and no sooner, batch by batch", async () => {
    const kept = await made(tenant, 9.9);
    for (const days of [10.1, 11, 12, 300]) await made(tenant, days);
    const theirs = await made(other, 9);
    await remove(2);
    expect([await left(tenant), await left(other)]).toEqual([[kept], [theirs]]);
  });

  it("remove them sooner when a version with fewer days is published, and keep none longer for one with more", async () => {
    const [older, newer] = [await made(tenant, 6), await made(tenant, 4)];
    await publish(tenant.id, { record_prompts: true, record_days: 365 });
    await remove();
    expect(await left(tenant)).toEqual([older, newer]);
    await publish(tenant.id, { record_days: 5 });
    await remove();
    expect(await left(tenant)).toEqual([newer]);
    await admin.query("update signalbox.recordings set expires_at = now() - interval '1 minute' where tenant_id = $1", [
      tenant.id,
    ]);
    await publish(tenant.id, { record_prompts: true, record_days: 365 });
    await remove();
    expect(await left(tenant)).toEqual([]);
  });

  it("keep them for 30 days where nothing else is said, and as long as they were told when recording ends", async () => {
    await publish(tenant.id, { record_prompts: true });
    const [old, kept] = [await made(tenant, 31), await made(tenant, 29)];
    expect(await left(tenant)).toEqual([old, kept]);
    await publish(tenant.id, {});
    await remove();
    expect(await left(tenant)).toEqual([kept]);
  });

  it("remove those whose router is gone", async () => {
    const theirs = await made(other, 1);
    await made(tenant, 1);
    await admin.query("delete from signalbox.routers where tenant_id = $1", [tenant.id]);
    await remove();
    expect([await left(tenant), await left(other)]).toEqual([[], [theirs]]);
  });

  it("keep none of a tenant that is suspended or being deleted", async () => {
    for (const status of ["suspended", "deleting"]) {
      await admin.query("update signalbox.tenants set status = $2 where id = $1", [tenant.id, status]);
      const about = { decision_id: newId("decision"), router_version: 1, created_at: new Date().toISOString() };
      const record = JSON.stringify({ ...about, sealed: { key_id: "k" } });
      const kept = await rows(edge, "select signalbox.record_conversation($1, 'rtr_1', $2) as kept", [
        tenant.id,
        record,
      ]);
      expect(kept, status).toEqual([{ kept: false }]);
    }
  });

  it("move them to the ring's first key, page by page, and leave what they cannot open", async () => {
    const sealedOf = async (decision: string): Promise<Sealed> =>
      (
        await rows<{ sealed: Sealed }>(admin, "select sealed from signalbox.recordings where decision_id = $1", [
          decision,
        ])
      )[0]!.sealed;
    const decisions: string[] = [];
    for (let count = 0; count < 45; count += 1) decisions.push(await made(count % 2 === 0 ? tenant : other, 1));
    const long = await made(tenant, 1, "é".repeat(100_000));
    const spoiled = await made(tenant, 2);
    await admin.query(
      "update signalbox.recordings set sealed = jsonb_set(sealed, '{nonce}', '\"AAAA\"') where decision_id = $1",
      [spoiled],
    );
    const logged: string[] = [];
    const deps = {
      env: { CREDENTIAL_KEYS: NEW },
      jobs: jobsDatabase(),
      log: (...said: unknown[]) => logged.push(JSON.stringify(said)),
    };
    let turns = 0;
    await resealRecordings(deps, () => (turns += 1) <= 1);
    const keys = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const decision of decisions) found.push((await sealedOf(decision)).key_id);
      return found;
    };
    expect(new Set(await keys()), "stopped after a page").toEqual(new Set(["recordings-old", "recordings-new"]));
    await resealRecordings(deps, () => true);
    expect(new Set(await keys())).toEqual(new Set(["recordings-new"]));
    const first = NEW.slice(0, 1);
    expect(await open(first, { tenantId: tenant.id, ownerId: long }, await sealedOf(long))).toBe("é".repeat(100_000));
    expect((await sealedOf(spoiled)).key_id).toBe("recordings-old");
    expect(logged.join()).toContain(spoiled);
  });
});

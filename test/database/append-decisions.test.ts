import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { idTime } from "../../edge/ids.ts";
import { decisionRecordSchema } from "../../edge/usage/decision-record.ts";
import { connect, rows } from "./connect.ts";
import { tenantReceipt, makeFullTenant, newId } from "./full-tenant.ts";

describe("signalbox.append_decisions", () => {
  let admin: pg.Client;
  let edge: pg.Client;
  let tenantId: string;

  beforeAll(async () => {
    [admin, edge] = await Promise.all([connect("admin"), connect("edge")]);
    tenantId = (await makeFullTenant(admin)).id;
  });
  afterAll(async () => {
    await Promise.all([admin.end(), edge.end()]);
  });

  async function append(...records: unknown[]): Promise<number> {
    const json = JSON.stringify(records);
    const [row] = await rows<{ n: number }>(edge, "SELECT signalbox.append_decisions($1) AS n", [json]);
    return row?.n ?? -1;
  }
  const stored = (id: string): Promise<Record<string, unknown>[]> =>
    rows(admin, "SELECT *, day::text AS day, tableoid::regclass::text AS part FROM signalbox.decisions WHERE id = $1", [
      id,
    ]);

  it("keeps every field of a record", async () => {
    const deciding = { decided_by: "big@1", escalated: true, agreed: false, shortlisted: 25 };
    const record = { ...tenantReceipt(tenantId), deciding };
    expect(await append(record)).toBe(1);
    const [row] = await rows<{ row: Record<string, unknown> }>(
      admin,
      "SELECT to_jsonb(d) - 'day' AS row FROM signalbox.decisions d WHERE id = $1",
      [record.id],
    );
    const read = decisionRecordSchema.parse({ ...row?.row, created_at: record.created_at });
    expect(read).toEqual(record);
    expect(Object.keys(row?.row ?? {}).sort()).toEqual(Object.keys(record).sort());
    const [time] = await rows(admin, "SELECT created_at FROM signalbox.decisions WHERE id = $1", [record.id]);
    expect(time).toEqual({ created_at: new Date(record.created_at) });
  });

  it("appends a record once, however often it comes", async () => {
    const record = tenantReceipt(tenantId);
    expect(await append(record, record)).toBe(1);
    expect(await append(record)).toBe(0);
    expect(await append({ ...record, policy: "changed" }, tenantReceipt(tenantId))).toBe(1);
    expect(await stored(record.id)).toMatchObject([{ policy: record.policy }]);
  });

  it("takes the day from the id, so that a replay after midnight finds its row", async () => {
    const beforeMidnight = Date.parse("2026-03-01T23:59:59.999Z");
    const record = tenantReceipt(tenantId, { id: newId("decision", beforeMidnight) });
    expect(await append({ ...record, created_at: "2026-03-01T23:59:59.999Z" })).toBe(1);
    expect(await append({ ...record, created_at: "2026-03-02T00:00:00.001Z" })).toBe(0);
    expect(await stored(record.id)).toMatchObject([{ day: "2026-03-01" }]);
    const after = tenantReceipt(tenantId, { id: newId("decision", beforeMidnight + 1) });
    await append(after);
    expect(await stored(after.id)).toMatchObject([{ day: "2026-03-02" }]);
  });

  it("reads the time of an id as the worker does", async () => {
    const times = [0, 1, 86_399_999, 86_400_000, 1_774_000_000_000, 2 ** 41 - 1, 2 ** 43];
    for (let step = 0; step < 200; step += 1) times.push(Math.floor((step / 200) * 4e12) + step);
    const ids = times.map((time) => newId("decision", time));
    const days = await rows<{ day: string }>(
      admin,
      "SELECT signalbox.id_day(id)::text AS day FROM unnest($1::text[]) WITH ORDINALITY AS t (id, n) ORDER BY n",
      [ids],
    );
    expect(days.map(({ day }) => day)).toEqual(ids.map((id) => new Date(idTime(id)).toISOString().slice(0, 10)));
  });

  it.each([
    "dec_",
    "dec_81k00000000000000000000000",
    "dec_01K00000000000000000000000",
    "x",
    "dec_01k0000000000000000000000u",
  ])("has no day for %s", async (id) => {
    expect(await rows(admin, "SELECT signalbox.id_day($1) AS day", [id])).toEqual([{ day: null }]);
  });

  it("leaves out records of tenants that are unknown or being deleted", async () => {
    const leaving = await makeFullTenant(admin);
    await admin.query("UPDATE signalbox.tenants SET status = 'deleting' WHERE id = $1", [leaving.id]);
    expect(await append(tenantReceipt("ten_unknown"), tenantReceipt(leaving.id), tenantReceipt(tenantId))).toBe(1);
  });

  it("appends the rest of a batch when no row can hold one of its records", async () => {
    const good = [tenantReceipt(tenantId), tenantReceipt(tenantId)];
    const bad = [
      { ...tenantReceipt(tenantId), id: "dec_not-an-id" },
      { ...tenantReceipt(tenantId), created_at: "yesterday-ish" },
      { ...tenantReceipt(tenantId), request_status: null },
      { ...tenantReceipt(tenantId), http_status: 1e12 },
      "not a record",
    ];
    expect(await append(good[0], ...bad, good[1])).toBe(2);
    for (const { id } of good) expect(await stored(id)).toHaveLength(1);
  });

  it("clamps counts that an upstream made up", async () => {
    const record = tenantReceipt(tenantId, { input_tokens: 1e15, output_tokens: -5, cached_input_tokens: 1.9 });
    expect(await append(record)).toBe(1);
    expect(await stored(record.id)).toMatchObject([
      { input_tokens: 2_147_483_647, output_tokens: 0, cached_input_tokens: 1 },
    ]);
  });

  it("fills a day's partition, with rows that came before it was made", async () => {
    const noon = Date.parse("2032-07-01T12:00:00Z");
    const early = tenantReceipt(tenantId, { id: newId("decision", noon) });
    await append(early);
    expect(await stored(early.id)).toMatchObject([{ part: "signalbox.decisions_default" }]);

    const jobs = await connect("jobs");
    const made = await rows(jobs, "SELECT signalbox.ensure_decision_partitions('2032-06-30', 3) AS n");
    const again = await rows(jobs, "SELECT signalbox.ensure_decision_partitions('2032-06-30', 3) AS n");
    await jobs.end();
    expect([made, again]).toEqual([[{ n: 3 }], [{ n: 0 }]]);

    const late = tenantReceipt(tenantId, { id: newId("decision", noon + 1) });
    expect(await append(early, late)).toBe(1);
    for (const { id } of [early, late]) {
      expect(await stored(id)).toMatchObject([{ part: "signalbox.decisions_20320701", day: "2032-07-01" }]);
    }
  });
});

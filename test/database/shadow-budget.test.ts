import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { append, receipt } from "../management/receipt.ts";
import { mintEchoTenant, type TestTenant } from "../stack/tenant.ts";
import { connect, rows } from "./connect.ts";

const DOCUMENT = {
  policies: [{ name: "parcels", description: "Where a parcel is and when it will arrive" }],
  targets: {},
  fallback: { model: "echo-small" },
};
const DAY = Date.parse("2026-03-01T12:00:00Z");
const DAY_MS = 86_400_000;

describe("the tokens of a rollout's copies", () => {
  let admin: pg.Client;
  let tenant: TestTenant;
  let id: string;
  beforeAll(async () => {
    admin = await connect("admin");
  });
  afterAll(() => admin.end());
  beforeEach(async () => {
    ({ tenant } = await mintEchoTenant(DOCUMENT));
    const shadow = { percent: 100, tokens_per_day: 100 };
    const split = { router: "default", policy: "parcels", candidate: { model: "echo-code" }, percent: 0, shadow };
    id = (await tenant.api("/rollouts", { body: split })).body.id as string;
  });

  const copy = (at: number, tokens: number) =>
    receipt(tenant.id, at, { kind: "shadow", arm: `shadow@${id}`, input_tokens: tokens - 5, output_tokens: 5 });
  const spent = async () => (await tenant.api(`/rollouts/${id}`)).body.shadow_spent as unknown;
  const revision = async (): Promise<number> =>
    Number(
      (await rows<{ r: string }>(admin, "select revision as r from signalbox.tenants where id = $1", [tenant.id]))[0]
        ?.r,
    );

  it("are counted by day, each receipt once, and nothing else's", async () => {
    const first = copy(DAY, 30);
    await append([first, copy(DAY + 1, 20), receipt(tenant.id, DAY, { arm: `control@${id}`, input_tokens: 900 })]);
    await append([first]);
    expect(await spent()).toEqual({ day: "2026-03-01", tokens: 50 });
    await append([copy(DAY + DAY_MS, 7), copy(DAY, 40)]);
    expect(await spent(), "what comes late is past counting").toEqual({ day: "2026-03-02", tokens: 7 });
    await append([receipt(tenant.id, DAY + DAY_MS, { kind: "shadow", arm: "shadow@rol_01k9zq3m8v7x5t2r4w6y8a0b1c" })]);
    expect(await spent()).toEqual({ day: "2026-03-02", tokens: 7 });
  });

  it("change what isolates hold once a day: when they are used up", async () => {
    const before = await revision();
    await append([copy(DAY, 60)]);
    expect(await revision()).toBe(before);
    await append([copy(DAY, 60)]);
    expect(await revision()).toBe(before + 1);
    await append([copy(DAY, 60), copy(DAY, 60)]);
    expect(await revision()).toBe(before + 1);
    await append([copy(DAY + DAY_MS, 500)]);
    expect(await revision()).toBe(before + 2);
  });

  it("are counted of one tenant though another names the same rollout", async () => {
    const { tenant: other } = await mintEchoTenant(DOCUMENT);
    await append([receipt(other.id, DAY, { kind: "shadow", arm: `shadow@${id}`, input_tokens: 1_000_000 })]);
    expect(await spent()).toBeNull();
  });

  it("are all counted when appended at once", async () => {
    await Promise.all(Array.from({ length: 12 }, () => append([copy(DAY, 6)])));
    expect(await spent()).toEqual({ day: "2026-03-01", tokens: 72 });
  });
});

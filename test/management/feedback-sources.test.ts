import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect, rows } from "../database/connect.ts";
import { mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";

const GIVEN = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const as = (key: string): { headers: Record<string, string> } => ({ headers: { "idempotency-key": key } });

describe("a feedback source", () => {
  let admin: pg.Client;
  let tenant: TestTenant;
  beforeAll(async () => {
    admin = await connect("admin");
  });
  beforeEach(async () => {
    tenant = await mintTenant();
  });
  afterAll(() => admin.end());

  const create = (body: object = {}, more: object = {}): Promise<Answer> =>
    tenant.api("/feedback-sources", { body: { name: "nightly", ...body }, ...more });
  const rotate = (id: string, body: object = {}): Promise<Answer> =>
    tenant.api(`/feedback-sources/${id}/rotate`, { body: { overlap_seconds: 3600, ...body } });
  const stored = async (): Promise<string> =>
    JSON.stringify([
      await rows(admin, "select * from signalbox.feedback_secrets where tenant_id = $1", [tenant.id]),
      await rows(admin, "select * from signalbox.audit_log where tenant_id = $1", [tenant.id]),
      await rows(admin, "select * from signalbox.idempotency_keys where tenant_id = $1", [tenant.id]),
    ]);

  it("shows a secret that it makes once, and stores it under seal alone", async () => {
    const made = await create({}, as("a"));
    const { secret, ...source } = made.body;
    expect(made.status).toBe(201);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(source).toMatchObject({
      id: expect.stringMatching(/^fbs_/),
      name: "nightly",
      path: `/webhooks/feedback/${String(source.id)}`,
      secrets: [{ expires_at: null }],
    });
    expect((await create({}, as("a"))).body).toEqual({ ...source, secret_already_shown: true });
    expect((await tenant.api(`/feedback-sources/${String(source.id)}`)).body).toEqual(source);
    expect((await tenant.api("/feedback-sources")).body).toEqual({ data: [source], next_cursor: null });
    expect(await stored()).not.toContain((secret as string).slice(6));
    expect((await create()).body.secret).not.toBe(secret);
  });

  it("never shows one that was given", async () => {
    const made = await create({ secret: GIVEN }, as("a"));
    expect([made.status, made.body.secret]).toEqual([201, undefined]);
    expect((await create({ secret: GIVEN }, as("a"))).body).toEqual(made.body);
    const rotated = await rotate(made.body.id as string, { secret: GIVEN });
    expect(JSON.stringify([made.body, rotated.body])).not.toContain("whsec_");
    expect(await stored()).not.toContain(GIVEN.slice(6));
  });

  it("has two secrets at most while it rotates, and says until when", async () => {
    const { id, secrets } = (await create()).body;
    const first = await rotate(id as string);
    expect(first.body.secrets).toMatchObject([{ expires_at: null }, { id: secrets[0].id }]);
    expect(Date.parse(first.body.secrets[1].expires_at as string)).toBeGreaterThan(Date.now());
    const second = await rotate(id as string);
    expect(second.body.secrets.map((secret: { id: string }) => secret.id)).toEqual([
      expect.any(String),
      first.body.secrets[0].id,
    ]);
    expect(second.body.secrets).toHaveLength(2);
    const last = await rotate(id as string, { overlap_seconds: 0 });
    expect(last.body.secrets).toHaveLength(1);
    const entries = (await tenant.api("/audit-log")).body.data as Record<string, unknown>[];
    expect(entries.map(({ action }) => action)).toEqual([
      ...Array<string>(3).fill("feedback_source.rotate"),
      "feedback_source.create",
      "tenant.create",
    ]);
    expect(JSON.stringify(entries)).not.toContain("whsec_");
  });

  it("can be rotated by many at the same time", async () => {
    const { id } = (await create()).body;
    const answers = await Promise.all([1, 2, 3, 4].map(() => rotate(id as string)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await tenant.api(`/feedback-sources/${String(id)}`)).body.secrets).toHaveLength(2);
  });

  it.each([
    ["no name", { name: undefined }, "/name"],
    ["a name of two lines", { name: "a\nb" }, "/name"],
    ["a secret of another form", { secret: "sk-secret" }, "/secret"],
    ["a short secret", { secret: `whsec_${Buffer.alloc(23).toString("base64")}` }, "/secret"],
    ["a long secret", { secret: `whsec_${Buffer.alloc(65).toString("base64")}` }, "/secret"],
    ["what is unknown", { tenant: "ten_x" }, "/tenant"],
  ])("is refused with %s, by name and without repeating it", async (_what, fields, at) => {
    const refused = await create(fields);
    expectProblem(refused, 422, "validation_failed");
    expect(pointers(refused)).toContain(at);
    expect(JSON.stringify(refused.body)).not.toMatch(/sk-secret|whsec_A/);
  });

  it("is deleted with its secrets, and nobody else's to see, rotate or delete", async () => {
    const { id } = (await create()).body;
    const path = `/feedback-sources/${String(id)}`;
    const other = await mintTenant();
    expectProblem(await other.api(path), 404, "not_found");
    expectProblem(await other.api(`${path}/rotate`, { body: { overlap_seconds: 0 } }), 404, "not_found");
    expectProblem(await other.api(path, { method: "DELETE" }), 404, "not_found");
    expect((await other.api("/feedback-sources")).body.data).toEqual([]);
    expect((await tenant.api(path, { method: "DELETE" })).status).toBe(204);
    expectProblem(await tenant.api(path), 404, "not_found");
    expectProblem(await rotate(id as string), 404, "not_found");
    const left = await rows(admin, "select from signalbox.feedback_secrets where tenant_id = $1", [tenant.id]);
    expect(left).toEqual([]);
  });
});

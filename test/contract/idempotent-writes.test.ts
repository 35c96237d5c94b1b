import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../database/connect.ts";
import { whileNoJobsRun } from "../jobs/alone-at-jobs.ts";
import {
  managementOperations,
  pathOf,
  requestNaming,
  tenantWithEverything,
  type Fixtures,
  type Operation,
} from "../management/operations.ts";
import { expectProblem } from "../management/problem.ts";
import { stack } from "../stack/provided.ts";
import { call, type Answer } from "../stack/tenant.ts";
import { tenantRows } from "../tenancy/tenant-rows.ts";
import { FIRST, nameOf } from "./first.ts";
import { sendAndHangUp } from "./raw-request.ts";
import { plainRequest } from "./requests.ts";
import { neighbours } from "./schema-values.ts";

/** They ask and change nothing, so that repeating them is as safe without a key. */
const QUESTIONS = ["POST /api/v1/providers/{slug}/test", "POST /api/v1/routers/{slug}/dry-run"];

const takesKey = ({ described }: Operation): boolean =>
  described.parameters?.some(({ name }) => name === "idempotency-key") ?? false;

/** Milliseconds for all of them, each at a tenant of its own: a busy machine takes its time. */
const ALL_WRITES_MS = 600_000;

/** An answer without what is shown once. */
const lasting = ({ status, headers, body }: Answer): unknown => {
  const text = JSON.stringify(body, (name, value: unknown) =>
    /^(token|secret)(_already_shown)?$/.test(name) ? undefined : value,
  );
  return { status, etag: headers.get("etag"), body: JSON.parse(text) as unknown };
};

describe("every write of the management surface", () => {
  let admin: pg.Client;
  let operations: Operation[];
  let writes: Operation[];

  beforeAll(async () => {
    admin = await connect("admin");
    operations = await managementOperations();
    writes = operations.filter(({ method }) => method !== "GET");
  });
  afterAll(() => admin.end());

  /** A tenant of its own for one operation, at which its example succeeds. */
  async function scene(operation: Operation) {
    const { tenant, fixtures } = await tenantWithEverything("otter");
    const send = (asked: Operation, more: Readonly<Record<string, string>> = {}, body?: unknown): Promise<Answer> => {
      const request = requestNaming(asked, fixtures);
      const headers = { ...request.headers, ...more };
      const key = asked.scope === "operator" ? stack().operatorKey : tenant.adminKey;
      return call(pathOf(asked, fixtures), key, { ...request, headers, ...(body !== undefined && { body }) });
    };
    for (const before of operations.filter((asked) => nameOf(asked) === FIRST[nameOf(operation)])) await send(before);
    return { tenant, fixtures, send, idempotencyKey: `${tenant.id}-${nameOf(operation)}` };
  }

  /** One after the other, each while no job of another test changes the rows that are compared. */
  async function each(list: readonly Operation[], check: (operation: Operation) => Promise<void>): Promise<void> {
    for (const operation of list) await whileNoJobsRun(admin, () => check(operation));
  }

  it("takes an Idempotency-Key, but for those that change nothing", async () => {
    const keyless = writes.filter((operation) => !takesKey(operation));
    expect(keyless.map(nameOf).toSorted()).toEqual(QUESTIONS.toSorted());
    await each(keyless, async (operation) => {
      const { tenant, send } = await scene(operation);
      const before = await tenantRows(admin, tenant.id);
      expect((await send(operation)).status, nameOf(operation)).toBe(200);
      expect(await tenantRows(admin, tenant.id)).toEqual(before);
    });
  });

  it("happens once when the client hung up before its answer, and asks again", { timeout: ALL_WRITES_MS }, async () => {
    await each(writes.filter(takesKey), async (operation) => {
      const what = nameOf(operation);
      const { tenant, fixtures, send, idempotencyKey } = await scene(operation);
      const again = { "idempotency-key": idempotencyKey };
      const before = (await tenantRows(admin, tenant.id)).get("audit_log") ?? [];
      const key = operation.scope === "operator" ? stack().operatorKey : tenant.adminKey;
      const plain = plainRequest(operation, fixtures, key);
      await sendAndHangUp({ ...plain, headers: { ...plain.headers, ...again } });
      const answers = [await send(operation, again), await send(operation, again)] as const;
      expect([200, 201, 202, 204], `${what}: ${JSON.stringify(answers[0].body)}`).toContain(answers[0].status);
      expect(lasting(answers[1]), what).toEqual(lasting(answers[0]));
      const id = operation.path === "/api/v1/tenants" ? (answers[0].body.id as string) : tenant.id;
      const after = (await tenantRows(admin, id)).get("audit_log") ?? [];
      expect(
        after.filter((row) => !before.includes(row)),
        what,
      ).toHaveLength(1);
    });
  });

  it(
    "happens once under one key, also for two at the same time, and not with another body",
    { timeout: ALL_WRITES_MS },
    async () => {
      await each(writes.filter(takesKey), async (operation) => {
        const what = nameOf(operation);
        const { tenant, fixtures, send, idempotencyKey } = await scene(operation);
        const again = { "idempotency-key": idempotencyKey };
        const before = await tenantRows(admin, tenant.id);
        const [first, second] = await Promise.all([send(operation, again), send(operation, again)]);
        expect([200, 201, 202, 204], `${what}: ${JSON.stringify(first.body)}`).toContain(first.status);
        const id = operation.path === "/api/v1/tenants" ? (first.body.id as string) : tenant.id;
        const once = await tenantRows(admin, id);
        const third = await send(operation, again);
        expect([lasting(second), lasting(third)], what).toEqual([lasting(first), lasting(first)]);
        expect(await tenantRows(admin, id), what).toEqual(once);
        const known = id === tenant.id ? (before.get("audit_log") ?? []) : [];
        const added = (once.get("audit_log") ?? []).filter((row) => !known.includes(row));
        expect(added, what).toHaveLength(1);
        const texts = [first, second, third].map((answer) => JSON.stringify(answer.body));
        const shown = texts.filter((text) => /"(token|secret)":/.test(text));
        expect(shown.length, what).toBe(texts.at(-1)?.includes('_already_shown":') ? 1 : 0);
        await expectOthersRefused(operation, fixtures, first, (more, body) =>
          send(operation, { ...again, ...more }, body),
        );
        expect(await tenantRows(admin, id), what).toEqual(once);
      });
    },
  );
});

/** Asserts that under the key of `first` no other body is taken, and no other version named. */
async function expectOthersRefused(
  operation: Operation,
  fixtures: Fixtures,
  first: Answer,
  send: (headers: Readonly<Record<string, string>>, body?: unknown) => Promise<Answer>,
): Promise<void> {
  const { body: example } = requestNaming(operation, fixtures);
  const codes = new Set<string>();
  for (const body of othersThan(example)) {
    const answer = await send({}, body);
    codes.add(answer.body.code as string);
    // What a default fills in says the same as the example, and is answered the same.
    if (answer.status !== 422) expect(lasting(answer), JSON.stringify(body)).toEqual(lasting(first));
  }
  expect(codes.has("idempotency_key_reused"), nameOf(operation)).toBe(operation.described.requestBody !== undefined);
  if (operation.versioned) expectProblem(await send({ "if-match": '"other"' }), 422, "idempotency_key_reused");
}

/** Bodies that differ from an example in one place; of lines, other lines. */
function othersThan(example: unknown): unknown[] {
  if (example === undefined) return [];
  if (typeof example !== "string") return neighbours(example);
  return neighbours(JSON.parse(example)).map((line) => `${JSON.stringify(line)}\n`);
}

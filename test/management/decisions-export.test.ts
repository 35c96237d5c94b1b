import { expect, it } from "vitest";
import { createDatabases, type ApiDatabase } from "../../edge/db/client.ts";
import type { Env } from "../../edge/env.ts";
import { exportDecisions } from "../../edge/management/decisions/export.ts";
import type { DecisionView } from "../../edge/management/decisions/schema.ts";
import { stack } from "../stack/provided.ts";
import { mintTenant } from "../stack/tenant.ts";
import { expectProblem, pointers } from "./problem.ts";
import { append, receipt } from "./receipt.ts";

const NOON = Date.parse("2026-06-15T12:00:00Z");

const linesOf = (body: unknown): DecisionView[] =>
  String(body)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as DecisionView);

it("exports every matching receipt of the tenant and none of another's, over many pages, in order", async () => {
  const [tenant, other] = [await mintTenant(), await mintTenant()];
  const records = Array.from({ length: 1_201 }, (_, index) =>
    receipt(tenant.id, NOON + index * 250, { policy: index % 3 === 0 ? "code" : "sums" }),
  );
  await append([...records, receipt(other.id, NOON)]);
  const all = await tenant.api("/decisions?format=jsonl");
  expect(all.status).toBe(200);
  expect(all.headers.get("content-type")).toBe("application/jsonl");
  const expected = records.map(({ id }) => id).toReversed();
  expect(linesOf(all.body).map(({ id }) => id)).toEqual(expected);
  const some = await tenant.api("/decisions?format=jsonl&policy=code&from=2026-06-15T12:01:00Z");
  expect(linesOf(some.body)).toHaveLength(records.slice(240).filter(({ policy }) => policy === "code").length);

  const page = await tenant.api("/decisions?limit=100");
  const rest = await tenant.api(`/decisions?format=jsonl&cursor=${page.body.next_cursor}`);
  expect(linesOf(rest.body).map(({ id }) => id)).toEqual(expected.slice(100));
  expect(linesOf(rest.body)[0]).toEqual((await tenant.api(`/decisions/${String(expected[100])}`)).body);
});

it("is empty for a tenant without receipts, and refuses another format", async () => {
  const tenant = await mintTenant();
  expect(await tenant.api("/decisions?format=jsonl")).toMatchObject({ status: 200, body: "" });
  const refused = await tenant.api("/decisions?format=csv");
  expectProblem(refused, 422, "validation_failed");
  expect(pointers(refused)).toContain("/format");
});

/** Rows that an export may hold at once: a page, and the one row that tells whether there is another. */
const HELD_AT_MOST = 501;

/** The database of the stack, with the rows of each answer counted. */
function countedDatabase(answers: number[]): Pick<ApiDatabase, "read"> {
  const { edgeUrl, apiUrl, httpEndpoint, wsProxy } = stack();
  const { api } = createDatabases({
    DATABASE_URL_EDGE: edgeUrl,
    DATABASE_URL_API: apiUrl,
    DATABASE_HTTP_ENDPOINT: httpEndpoint,
    DATABASE_WS_PROXY: wsProxy,
  } as Env);
  return {
    read: async (scope, build) => {
      const rows = await api.read(scope, build);
      answers.push((rows as readonly unknown[]).length);
      return rows;
    },
  };
}

it("holds one page of thousands of receipts at a time, reads no further than it is read, and stops when left", async () => {
  const tenant = await mintTenant();
  const records = Array.from({ length: 5_003 }, (_, index) => receipt(tenant.id, NOON + index * 100));
  await append(records);
  const answers: number[] = [];
  const deps = { db: { api: countedDatabase(answers) } };
  const context = { deps, scope: { tenantId: tenant.id }, tenantId: tenant.id };

  const taken: string[] = [];
  const reader = (await exportDecisions(context as never, {}, null)).getReader();
  for (let page = await reader.read(); !page.done; page = await reader.read()) {
    taken.push(...linesOf(new TextDecoder().decode(page.value)).map(({ id }) => id));
    // Another request comes and goes: an export that reads ahead would have done so by now.
    await tenant.api("/decisions?limit=1");
    const pages = Math.ceil(taken.length / (HELD_AT_MOST - 1));
    expect(answers).toHaveLength(pages);
    expect(Math.max(...answers)).toBeLessThanOrEqual(HELD_AT_MOST);
  }
  expect(taken).toEqual(records.map(({ id }) => id).toReversed());
  expect(answers).toHaveLength(11);

  answers.length = 0;
  const impatient = (await exportDecisions(context as never, {}, null)).getReader();
  await impatient.read();
  await impatient.read();
  await impatient.cancel();
  expect(await impatient.read()).toEqual({ done: true, value: undefined });
  expect(answers).toEqual([HELD_AT_MOST, HELD_AT_MOST]);
});

it("gives each receipt once while newer ones come in, as do the pages of the list", async () => {
  const tenant = await mintTenant();
  const records = Array.from({ length: 1_100 }, (_, index) => receipt(tenant.id, NOON + index * 100));
  await append(records);
  const newer = () => append(Array.from({ length: 7 }, (_, index) => receipt(tenant.id, NOON + 3_600_000 + index)));
  const expected = records.map(({ id }) => id).toReversed();

  const context = { deps: { db: { api: countedDatabase([]) } }, scope: { tenantId: tenant.id }, tenantId: tenant.id };
  const exported: string[] = [];
  const reader = (await exportDecisions(context as never, {}, null)).getReader();
  for (let page = await reader.read(); !page.done; page = await reader.read()) {
    exported.push(...linesOf(new TextDecoder().decode(page.value)).map(({ id }) => id));
    await newer();
  }
  expect(exported).toEqual(expected);

  const there = linesOf((await tenant.api("/decisions?format=jsonl")).body).map(({ id }) => id);
  const listed: string[] = [];
  for (let cursor: string | null = ""; cursor !== null && listed.length < 300;) {
    const page = await tenant.api(`/decisions?limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`);
    listed.push(...(page.body.data as DecisionView[]).map(({ id }) => id));
    cursor = page.body.next_cursor as string | null;
    await newer();
  }
  expect(listed).toEqual(there.slice(0, 300));
});

/** A database whose pages are counted, of which the third cannot be read. */
function brokenThirdPage(events: string[]) {
  const rows = Array.from({ length: 501 }, (_, index) => ({
    ...receipt("ten_a", NOON + index),
    createdAt: "2026-06-15T12:00:00Z",
    requestStatus: "completed",
  }));
  return {
    read: () => {
      events.push("read");
      return events.filter((event) => event === "read").length < 3
        ? Promise.resolve(rows)
        : Promise.reject(new Error("the database is gone"));
    },
  };
}

it("reads a page only when the one before was taken, and breaks off when it cannot go on", async () => {
  const events: string[] = [];
  const context = { deps: { db: { api: brokenThirdPage(events) } }, scope: { tenantId: "ten_a" }, tenantId: "ten_a" };
  const reader = (await exportDecisions(context as never, {}, null)).getReader();
  expect(events).toEqual(["read"]);
  for (const taken of ["first", "second"]) {
    expect(linesOf(new TextDecoder().decode((await reader.read()).value))).toHaveLength(500);
    events.push(taken);
  }
  await expect(reader.read()).rejects.toThrow("the database is gone");
  expect(events).toEqual(["read", "first", "read", "second", "read"]);
});

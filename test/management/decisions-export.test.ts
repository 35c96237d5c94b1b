import { expect, it } from "vitest";
import { exportDecisions } from "../../edge/management/decisions/export.ts";
import type { DecisionView } from "../../edge/management/decisions/schema.ts";
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

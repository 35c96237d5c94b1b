import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { makeId, type IdKind } from "../../edge/ids.ts";
import { encodeCursor } from "../../edge/management/page.ts";
import type { JsonSchema, Parameter } from "../management/api-document.ts";
import {
  managementOperations,
  pathOf,
  tenantWithEverything,
  type Fixtures,
  type Operation,
} from "../management/operations.ts";
import { expectProblem, pointers } from "../management/problem.ts";
import { append, receipt } from "../management/receipt.ts";
import { stack } from "../stack/provided.ts";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { nameOf } from "./first.ts";

const NO_LIMITS = [
  "0",
  "101",
  "-1",
  "+5",
  "1.5",
  "1e1",
  "0x10",
  "٣",
  "five",
  "",
  " 5",
  "5 ",
  "1,2",
  "9".repeat(30),
  "null",
];

const KINDS: readonly IdKind[] = [
  "tenant",
  "key",
  "provider",
  "model",
  "router",
  "golden_case",
  "evaluation",
  "rollout",
  "decision",
  "feedback",
  "feedback_source",
  "audit",
];

/** Positions of every list there is, beside texts that are none. */
const POSITIONS = [...KINDS.map((kind) => makeId(kind, 1_800_000_000_000, () => 0.5)), "7"];

const NO_CURSORS = [
  "",
  "x",
  "bnVsbA",
  "%00",
  "null",
  "x".repeat(5_000),
  ...["0", "-1", "1e3", "' or 1=1", "ten_", "undefined"].map(encodeCursor),
];

const NO_INSTANTS = [
  "yesterday",
  "2026-02-30T00:00:00Z",
  "2026-01-01",
  "1750000000",
  "",
  "-271821-04-20T00:00:00Z",
  "9999-01-01T00:00:00Z",
];

/** Texts that a parameter's schema does not allow. */
function nonsense({ enum: allowed, format, pattern, maxLength, ...rest }: JsonSchema): string[] {
  if (format === "date-time") return NO_INSTANTS;
  if (allowed !== undefined) return ["", "nonsense", String(allowed[0]).toUpperCase(), allowed.join(",")];
  const refused = ["", "\u0000", "a\u0007b", ...(maxLength === undefined ? [] : ["x".repeat(maxLength + 1)])];
  if (pattern === undefined) return rest.type === "string" ? refused : [];
  const known = new RegExp(pattern, "u");
  return [...refused, ...fc.sample(fc.string({ unit: "grapheme", maxLength: 20 }), 20)].filter(
    (text) => !known.test(text),
  );
}

describe("every list, and whatever else takes a query", () => {
  let asked: Operation[];
  let lists: Operation[];
  let tenant: TestTenant;
  let fixtures: Fixtures;

  beforeAll(async () => {
    asked = (await managementOperations()).filter(
      ({ method, described }) =>
        method === "GET" && described.parameters?.some((parameter) => parameter.in === "query"),
    );
    lists = asked.filter((operation) => queryOf(operation).some(({ name }) => name === "limit"));
    ({ tenant, fixtures } = await tenantWithEverything("ibis"));
    await mintTenant();
    await append([receipt(tenant.id, Date.now() - 7_200_000)]);
    const { slug = "" } = fixtures["routers"] ?? {};
    await tenant.api(`/routers/${slug}/publish`, { body: {} });
    await tenant.api("/routers", { body: { slug: "second" } });
    const { policy } = fixtures["rollouts"] ?? {};
    const split = { router: slug, policy, candidate: { model: fixtures["models"]?.["slug"] }, percent: 1 };
    await tenant.api("/rollouts", { body: split });
  });

  const queryOf = ({ described }: Operation): Parameter[] =>
    described.parameters?.filter((parameter) => parameter.in === "query") ?? [];

  const ask = (operation: Operation, query: readonly (readonly [string, string])[]): Promise<Answer> => {
    const search = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    const key = operation.scope === "operator" ? stack().operatorKey : tenant.adminKey;
    return call(`${pathOf(operation, fixtures)}?${search}`, key);
  };

  async function expectRefused(operation: Operation, query: [string, string][], pointer: string): Promise<void> {
    const answer = await ask(operation, query);
    expect(answer.status, `${nameOf(operation)} ${JSON.stringify(query).slice(0, 200)}`).toBe(422);
    expectProblem(answer, 422, "validation_failed");
    expect(pointers(answer), `${nameOf(operation)} ${JSON.stringify(query).slice(0, 200)}`).toContain(pointer);
  }

  it("is one of those looked at here", () => {
    expect(lists.length).toBeGreaterThanOrEqual(9);
    for (const { described, path } of asked) {
      expect(Object.keys(described.responses), path).toContain("422");
    }
  });

  it("takes a limit from 1 to 100 and no other", async () => {
    for (const list of lists) {
      for (const limit of NO_LIMITS) await expectRefused(list, [["limit", limit]], "/limit");
      for (const limit of ["1", "100"]) {
        const answer = await ask(list, [["limit", limit]]);
        expect(answer.status, nameOf(list)).toBe(200);
        expect(answer.body.data.length, nameOf(list)).toBeLessThanOrEqual(Number(limit));
      }
    }
  });

  it("takes its own cursors, which lead through it without a gap, and no other's", async () => {
    for (const list of lists) {
      const first = await ask(list, [["limit", "1"]]);
      const cursor = first.body.next_cursor as string;
      expect(typeof cursor, nameOf(list)).toBe("string");
      const next = await ask(list, [
        ["limit", "1"],
        ["cursor", cursor],
      ]);
      expect(next.body.data, nameOf(list)).toHaveLength(1);
      expect(next.body.data, nameOf(list)).not.toEqual(first.body.data);
      // Of tenants there are always new ones while tests run.
      if (list.scope !== "operator") {
        const both = await ask(list, [["limit", "2"]]);
        expect(both.body.data, nameOf(list)).toEqual([...first.body.data, ...next.body.data]);
      }

      const own = POSITIONS.filter((position) => position.replace(/\d.*/, "") === atob(cursor).replace(/\d.*/, ""));
      expect(own, nameOf(list)).toHaveLength(1);
      const foreign = POSITIONS.filter((position) => !own.includes(position)).map(encodeCursor);
      for (const wrong of [...NO_CURSORS, ...foreign, `${cursor}=`, `${cursor}A`, cursor.slice(1), ` ${cursor}`]) {
        await expectRefused(list, [["cursor", wrong]], "/cursor");
      }
    }
  });

  it("refuses filters that its description does not allow, naming each", async () => {
    let tried = 0;
    for (const operation of asked) {
      const filters = queryOf(operation).filter(({ name }) => name !== "limit" && name !== "cursor");
      for (const { name, schema } of filters) {
        for (const value of nonsense(schema)) {
          await expectRefused(operation, [[name, value]], `/${name}`);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(150);
  });

  it("refuses what it does not know, what is there twice, and a time that ends before it begins", async () => {
    for (const operation of asked) {
      await expectRefused(operation, [["no_such_filter", "1"]], "/no_such_filter");
      for (const { name } of queryOf(operation)) {
        await expectRefused(
          operation,
          [
            [name, "1"],
            [name, "2"],
          ],
          `/${name}`,
        );
      }
      if (!queryOf(operation).some(({ name }) => name === "from")) continue;
      for (const to of ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]) {
        await expectRefused(
          operation,
          [
            ["from", "2026-01-02T00:00:00Z"],
            ["to", to],
          ],
          "/from",
        );
      }
    }
  });
});

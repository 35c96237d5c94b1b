import { beforeAll, describe, expect, it } from "vitest";
import { stack } from "../stack/provided.ts";
import { call, mintTenant, type Answer, type TestTenant } from "../stack/tenant.ts";
import { managementOperations, pathOf, tenantWithEverything, type Operation } from "./operations.ts";
import { expectProblem } from "./problem.ts";

const JSON_TYPE = "application/json";

/** Bodies that no operation takes: what they are, as which media type, and the answers that fit. */
const NONSENSE: readonly (readonly [string, string | Uint8Array<ArrayBuffer>, string | null, readonly number[]])[] = [
  ["nothing", "", JSON_TYPE, [400]],
  ["nothing, of no type", new Uint8Array(), null, [400]],
  ["unknown fields only, of no type", new TextEncoder().encode('{"no_such_field":1}'), null, [422]],
  ["no JSON", "{nope", JSON_TYPE, [400]],
  ["cut JSON", '{"name":"a"', JSON_TYPE, [400]],
  ["form fields", "name=a", "application/x-www-form-urlencoded", [415]],
  ["text", "name", "text/plain", [415]],
  ["JSON without a type", '{"name":"a"}', "text/plain", [415]],
  ["null", "null", JSON_TYPE, [422]],
  ["a number", "42", JSON_TYPE, [422]],
  ["a list", "[]", JSON_TYPE, [422]],
  ["a string", '"name"', JSON_TYPE, [422]],
  ["unknown fields only", '{"no_such_field":1}', JSON_TYPE, [422]],
  ["a NUL", '{"name":"a\\u0000","slug":"a\\u0000","note":"a\\u0000"}', JSON_TYPE, [422]],
  ["a lone surrogate", '{"name":"\\ud800","note":"\\ud800"}', JSON_TYPE, [422]],
  ["a swallowed name", '{"__proto__":{"admin":true}}', JSON_TYPE, [422]],
  ["endless nesting", "[".repeat(100_000) + "]".repeat(100_000), JSON_TYPE, [422]],
  ["a huge string", JSON.stringify({ name: "x".repeat(2_000_000), slug: "x".repeat(2_000_000) }), JSON_TYPE, [422]],
  ["no UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d), JSON_TYPE, [400]],
];

describe("wrong input", () => {
  let tenant: TestTenant;
  let writes: { operation: Operation; path: string; key: string }[];

  beforeAll(async () => {
    const everything = await tenantWithEverything();
    tenant = everything.tenant;
    writes = (await managementOperations())
      .filter(({ example, type }) => example !== undefined && type === "application/json")
      .map((operation) => ({
        operation,
        path: pathOf(operation, everything.fixtures),
        key: operation.scope === "operator" ? stack().operatorKey : tenant.adminKey,
      }));
    expect(writes.length).toBeGreaterThanOrEqual(8);
  });

  it.each(NONSENSE)("that is %s gets the same kind of answer everywhere", async (_name, body, type, statuses) => {
    for (const { operation, path, key } of writes) {
      const response = await fetch(stack().baseUrl + path, {
        method: operation.method,
        body: typeof body === "string" ? body : new Blob([body]),
        headers: {
          authorization: `Bearer ${key}`,
          "if-match": "*",
          ...(type !== null && { "content-type": type }),
        },
      });
      const problem = (await response.json()) as Record<string, unknown>;
      expect(statuses, `${operation.method} ${operation.path}: ${JSON.stringify(problem)}`).toContain(response.status);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(problem["request_id"]).toBe(response.headers.get("x-request-id"));
    }
  });

  it("in any field of any type is a finding, never a failure", async () => {
    const values = [null, true, -1, 1e308, "", "\u0000", "💥".repeat(5000), [], [[]], {}, { a: 1 }, "9".repeat(400)];
    const answers: { what: string; answer: Answer }[] = [];
    for (const { operation, path, key } of writes) {
      const example = operation.example as Record<string, unknown>;
      for (const field of Object.keys(example)) {
        for (const value of values) {
          const request = {
            method: operation.method,
            body: { ...example, [field]: value },
            headers: { "if-match": '"never"' },
          };
          const what = `${operation.method} ${operation.path} ${field}=${JSON.stringify(value).slice(0, 40)}`;
          answers.push({ what, answer: await call(path, key, request) });
        }
      }
    }
    expect(answers.length).toBeGreaterThan(200);
    for (const { what, answer } of answers) {
      expect([200, 201, 403, 409, 412, 422], `${what}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
    }
  });

  it("larger than the bound is refused as such", async () => {
    const answer = await tenant.api("/routers", { body: { slug: "x".repeat(9_000_000) } });
    expectProblem(answer, 413, "request_too_large");
  });

  it("in an address or a method has an answer of its own", async () => {
    expectProblem(await tenant.api("/nothing"), 404, "not_found");
    expectProblem(await tenant.api("/keys/%E0%A4%A"), 404, "not_found");
    expectProblem(await tenant.api(`/models/${"x".repeat(5000)}`), 404, "not_found");
    const wrong = await tenant.api("/keys", { method: "DELETE" });
    expectProblem(wrong, 405, "method_not_allowed");
    expect(wrong.headers.get("allow")).toContain("POST");
    const named = await tenant.api("/keys", { headers: { "x-request-id": "no good" } });
    expectProblem(named, 400, "invalid_request_error");
  });

  it("tells nothing of what lies behind", async () => {
    const other = await mintTenant();
    const answers = [
      await other.api("/models", { body: { slug: "a", provider: "p", upstream_model: "'; drop table x; --" } }),
      await other.api("/decisions?cursor=JykgdW5pb24gc2VsZWN0IDE"),
      await other.api("/keys/key_'%20or%20'1'='1"),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(JSON.stringify(answer.body)).not.toMatch(/select|insert|signalbox\.|postgres|stack|at async/i);
    }
  });
});

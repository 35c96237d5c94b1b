import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isTooLong, readRefusal } from "./error-shapes.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/vllm/${name}`, import.meta.url), "utf8");

test.each([
  ["error-bad-request.json", { type: "BadRequestError", param: null }],
  ["error-not-implemented.json", { type: "NotImplementedError", param: null }],
  ["error-status-phrase.json", { type: "Bad Request", param: "input_tokens" }],
  ["error-detail.json", { message: "Not Found", type: null }],
  ["error-unauthorized.json", { message: "Unauthorized", type: null }],
])("%s is understood", (name, expected) => {
  expect(readRefusal(fixture(name))).toMatchObject(expected);
});

test.each(["", "<html>502</html>", "[]", "null", '{"error":null}', '{"detail":[{"loc":["body"]}]}'])(
  "%j is a refusal that says nothing",
  (body) => {
    expect(readRefusal(body)).toEqual({ message: "", type: null, param: null });
  },
);

test("an overlong prompt is told from other bad requests", () => {
  const overlong = readRefusal(fixture("error-status-phrase.json"));
  expect(isTooLong({ status: 400, refusal: overlong })).toBe(true);
  expect(isTooLong({ status: 500, refusal: overlong })).toBe(false);
  expect(isTooLong({ status: 400, refusal: readRefusal(fixture("error-bad-request.json")) })).toBe(false);
});

import { expect, it } from "vitest";
import { entityTag, ifMatch } from "./if-match.ts";

it.each([
  ['"drf_a"', true],
  ["*", true],
  ['"drf_b", "drf_a"', true],
  ['  "drf_a"  ', true],
  ['"drf_b"', false],
  ['W/"drf_a"', false],
  ["drf_a", false],
  ['"DRF_A"', false],
  ['*, "drf_b"', false],
  ["", false],
  ['"', false],
])("If-Match %s matches the tag drf_a: %s", (header, expected) => {
  expect(ifMatch(header, "drf_a")).toBe(expected);
});

it("quotes a strong tag", () => {
  expect(entityTag("drf_a")).toBe('"drf_a"');
});

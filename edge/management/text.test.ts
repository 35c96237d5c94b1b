import { describe, expect, it } from "vitest";
import { instantInputSchema, iso, lineSchema } from "./text.ts";

describe("instants", () => {
  it.each([
    ["2026-11-25 10:00:00.5+00", "2026-11-25T10:00:00.500Z"],
    ["2026-11-25 10:00:00.123456+00", "2026-11-25T10:00:00.123Z"],
    ["2026-11-25 10:00:00+05:30", "2026-11-25T04:30:00.000Z"],
    ["2026-11-25T10:00:00Z", "2026-11-25T10:00:00.000Z"],
  ])("of the database (%s) are answered as ISO 8601 in UTC", (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it("that callers give are normalised, and bounded to years that every part can hold", () => {
    expect(instantInputSchema.parse("2026-11-25T10:00:00+02:00")).toBe("2026-11-25T08:00:00.000Z");
    for (const wrong of ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-11-25"]) {
      expect(instantInputSchema.safeParse(wrong).success, wrong).toBe(false);
    }
  });
});

it.each([
  ["Café 5 🙂", true],
  ["", false],
  [" a", false],
  ["a\u0000", false],
  ["a\u2028b", false],
  ["a\u0085b", false],
  ["\ud800", false],
  ["1234567890", false],
])("a line of at most 9 characters may be %j: %s", (text, allowed) => {
  expect(lineSchema(9).safeParse(text).success).toBe(allowed);
});

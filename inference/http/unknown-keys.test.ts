import { expect, test } from "vitest";
import { countUnknownKeys } from "./unknown-keys.ts";

test("keys that validation dropped are counted at every depth", () => {
  const kept = { a: 1, list: [{ b: 2 }], nested: { c: 3 } };
  const given = { a: 1, x: 0, list: [{ b: 2, y: { z: 1 } }], nested: { c: 3, w: [] } };
  expect(countUnknownKeys(given, kept)).toBe(3);
  expect(countUnknownKeys(kept, kept)).toBe(0);
});

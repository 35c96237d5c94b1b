import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { isSampled } from "./is-sampled.ts";

const KEYS = Array.from({ length: 20_000 }, (_, index) =>
  createHash("sha256").update(String(index)).digest("hex").slice(0, 32),
);

it.each([0.1, 5, 50])("a sample of %d percent holds that share of conversations", (percent) => {
  const share = KEYS.filter((key) => isSampled(key, percent)).length / KEYS.length;
  const expected = percent / 100;
  expect(Math.abs(share - expected)).toBeLessThan(3 * Math.sqrt((expected * (1 - expected)) / KEYS.length));
});

it("a larger sample holds the smaller one, and all of it everything", () => {
  expect(KEYS.every((key) => isSampled(key, 100))).toBe(true);
  expect(KEYS.filter((key) => isSampled(key, 5)).every((key) => isSampled(key, 6))).toBe(true);
});

import { expect, test } from "vitest";
import { calibrate, calibrationFor } from "./calibration.ts";

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test("probabilities keep the order of the logits and sum to one", () => {
  const probabilities = calibrate([2, -1, 0.5], { temperature: 1, otherBias: 0 });
  expect(sum(probabilities)).toBeCloseTo(1, 12);
  expect(probabilities[0]).toBeGreaterThan(probabilities[2] ?? 1);
  expect(probabilities[2]).toBeGreaterThan(probabilities[1] ?? 1);
});

test("a higher temperature flattens, the bias moves only `other`, the last one", () => {
  const plain = calibrate([1, 0, 0], { temperature: 1, otherBias: 0 });
  expect(calibrate([1, 0, 0], { temperature: 4, otherBias: 0 })[0]).toBeLessThan(plain[0] ?? 0);
  const biased = calibrate([1, 0, 0], { temperature: 1, otherBias: 2 });
  expect(biased[2]).toBeGreaterThan(plain[2] ?? 1);
  expect((biased[0] ?? 0) / (biased[1] ?? 1)).toBeCloseTo((plain[0] ?? 0) / (plain[1] ?? 1), 12);
});

test("what was fitted to one version of an engine is not applied to another", () => {
  const fitted = { temperature: 2, otherBias: 0 };
  const stated = { temperature: 3, otherBias: 0 };
  const engine = { name: "jev", version: "2" };
  expect(calibrationFor({ "jev@1": fitted }, engine)).toBeUndefined();
  expect(calibrationFor({ "jev@2": fitted, jev: stated }, engine)).toBe(fitted);
  expect(calibrationFor({ "jev@1": fitted, jev: stated }, engine)).toBe(stated);
});

test("logits of any size do not overflow", () => {
  expect(calibrate([5000, -5000, -Infinity], { temperature: 0.01, otherBias: 0 })).toEqual([1, 0, 0]);
});

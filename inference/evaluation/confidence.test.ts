import { describe, expect, it } from "vitest";
import { abstention, areaUnderRoc, coverageAt, expectedCalibrationError, reliability } from "./confidence.ts";
import type { JudgedTurn } from "./confidence.ts";

const judged = (...pairs: [number, boolean][]): JudgedTurn[] =>
  pairs.map(([confidence, right]) => ({ confidence, right, other: false, unsure: false }));

describe("reliability", () => {
  it("puts a confidence of 1 into the last bin", () => {
    expect(reliability(judged([1, true], [0.95, false]))).toEqual([
      { from: 0.9, count: 2, confidence: 0.975, accuracy: 0.5 },
    ]);
  });

  it("weighs the distance of each bin by its size", () => {
    const some = judged([0.8, true], [0.8, true], [0.8, true], [0.8, false], [0.3, false]);
    expect(expectedCalibrationError(some)).toBeCloseTo((4 / 5) * 0.05 + (1 / 5) * 0.3, 10);
  });
});

describe("coverageAt", () => {
  it("goes as far down as precision allows, over a dip on the way", () => {
    const some = judged([0.9, true], [0.8, false], [0.7, true], [0.6, true], [0.5, false]);
    expect(coverageAt(some, 0.75)).toBe(0.8);
  });

  it("takes ties together", () => {
    expect(coverageAt(judged([0.9, true], [0.9, false]), 0.9)).toBe(0);
  });
});

describe("areaUnderRoc", () => {
  it("is 1 when every right decision is surer, and one half when nothing tells them apart", () => {
    expect(areaUnderRoc(judged([0.9, true], [0.8, true], [0.3, false]))).toBe(1);
    expect(areaUnderRoc(judged([0.5, true], [0.5, false], [0.5, true]))).toBe(0.5);
  });

  it("says nothing when all are right", () => {
    expect(areaUnderRoc(judged([0.5, true]))).toBeNull();
  });
});

describe("abstention", () => {
  it("counts what falls under the threshold, of all turns and of those that nothing fits", () => {
    const some = judged([0.5, true], [0.4, false], [0.9, false], [0.8, true]);
    const others = [0.49, 0.7, 0.9, 0.95].map((confidence) => ({
      confidence,
      right: true,
      other: true,
      unsure: false,
    }));
    expect(abstention([...some, ...others], 0.5)).toEqual({
      threshold: 0.5,
      unsure: 0.25,
      unsureOfOther: 0.25,
      precision: 5 / 6,
    });
  });

  it("counts what the engine itself is unsure of, however confident it is", () => {
    const sure = judged([0.9, true], [0.9, false]);
    const called = sure.map((one) => ({ ...one, unsure: !one.right }));
    expect(abstention(called, 0.5)).toMatchObject({ unsure: 0.5, precision: 1 });
  });

  it("says that there is nothing to share", () => {
    expect(abstention(judged([0.1, true]), 0.5)).toMatchObject({ unsure: 1, unsureOfOther: null, precision: null });
  });
});

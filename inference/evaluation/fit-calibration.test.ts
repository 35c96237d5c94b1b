import { describe, expect, test } from "vitest";
import { calibrate } from "../decide/calibration.ts";
import { crossValidate, fitCalibration } from "./fit-calibration.ts";
import type { Observation } from "./fit-calibration.ts";

/** A generator that gives the same numbers every time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Decisions of an engine whose true probabilities are those of its logits under `truth`. */
function observe(count: number, truth: { temperature: number; otherBias: number }): Observation[] {
  const random = numbers(7);
  return Array.from({ length: count }, (_, index) => {
    const logits = Array.from({ length: 5 }, () => 8 * random() - 4);
    const probabilities = calibrate(logits, truth);
    let rest = random();
    const label = probabilities.findIndex((probability) => (rest -= probability) < 0);
    return { id: `conversation ${String(Math.floor(index / 4))}`, logits, label: label === -1 ? 4 : label };
  });
}

describe("fitCalibration", () => {
  test.each([
    { temperature: 2.5, otherBias: 0 },
    { temperature: 0.5, otherBias: 1.5 },
    { temperature: 1.4, otherBias: -2 },
  ])("finds temperature $temperature and bias $otherBias again", (truth) => {
    const fitted = fitCalibration(observe(6_000, truth));
    expect(Math.abs(Math.log(fitted.temperature / truth.temperature))).toBeLessThan(0.08);
    expect(Math.abs(fitted.otherBias - truth.otherBias)).toBeLessThan(0.2);
  });

  test("leaves a calibrated engine about as it is, and one without data exactly", () => {
    const fitted = fitCalibration(observe(6_000, { temperature: 1, otherBias: 0 }));
    expect(Math.abs(Math.log(fitted.temperature))).toBeLessThan(0.08);
    expect(Math.abs(fitted.otherBias)).toBeLessThan(0.2);
    expect(fitCalibration([])).toEqual({ temperature: 1, otherBias: 0 });
  });

  test("stays within bounds when every decision is right, or every one wrong", () => {
    const logits = [3, 0, -1];
    const always = (label: number) => Array.from({ length: 500 }, (_, n) => ({ id: String(n), logits, label }));
    for (const label of [0, 1, 2]) {
      const { temperature, otherBias } = fitCalibration(always(label));
      expect(temperature).toBeGreaterThanOrEqual(0.01);
      expect(temperature).toBeLessThanOrEqual(100);
      expect(Math.abs(otherBias)).toBeLessThanOrEqual(50);
    }
  });
});

test("decisions whose policy a shortlist left out do not spoil the fit, and are wrong in the figures", () => {
  const all = observe(4_000, { temperature: 1, otherBias: 0 });
  const observations = all.map((one, index) => (index % 20 === 0 ? { ...one, label: null } : one));
  expect(fitCalibration(observations)).toEqual(fitCalibration(observations.filter(({ label }) => label !== null)));
  const { before, after } = crossValidate(observations);
  expect(after.expectedCalibrationError).toBeLessThan(before.expectedCalibrationError + 0.02);
  const whole = crossValidate(all).before;
  expect(before.accuracy).toBeCloseTo(0.95 * whole.accuracy, 1);
  expect(before.accuracy).toBeLessThan(whole.accuracy);
  expect(before.negativeLogLikelihood).toBeGreaterThan(whole.negativeLogLikelihood + 0.9);
});

test("crossValidate shows what fitting gains on conversations that were not fitted to", () => {
  const { before, after } = crossValidate(observe(4_000, { temperature: 3, otherBias: 1 }));
  expect(before.expectedCalibrationError).toBeGreaterThan(0.15);
  expect(after.expectedCalibrationError).toBeLessThan(0.04);
  expect(after.negativeLogLikelihood).toBeLessThan(before.negativeLogLikelihood);
});

import { describe, expect, it } from "vitest";
import { confident } from "./confidence.ts";

const softmax = (logits: readonly number[]): number[] => {
  const weights = logits.map((logit) => Math.exp(logit));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};
const always = (probability: number) => ({
  otherBias: 0,
  weights: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  bias: Math.log(probability / (1 - probability)),
});

describe("confident", () => {
  it("gives the best option the probability that the model states, and keeps the order", () => {
    const probabilities = softmax(confident(Float32Array.of(1, 3, 2), undefined, always(0.7)));
    expect(probabilities[1]).toBeCloseTo(0.7, 4);
    expect(probabilities[2]).toBeGreaterThan(probabilities[0] ?? 1);
  });

  it("leaves logits alone when the model trusts their softmax", () => {
    const logits = Float32Array.of(0.5, 2, -1);
    const scaled = confident(logits, undefined, { otherBias: 0, weights: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], bias: 0 });
    scaled.forEach((logit, index) => expect(logit).toBeCloseTo(logits[index] ?? 0, 3));
  });

  it("moves other before it looks", () => {
    const scaled = confident(Float32Array.of(1, 0.5), undefined, { ...always(0.8), otherBias: 1 });
    expect(softmax(scaled)[1]).toBeCloseTo(0.8, 4);
  });

  it("doubts a decision that rests on a doubtful one", () => {
    const model = { otherBias: 0, weights: [0, 0, 0, 0, 0, 0, 0, 0, 1, 0], bias: 0.5 };
    const logits = Float32Array.of(2, 0, 1);
    const after = (previous: Float32Array) => Math.max(...softmax(confident(logits, previous, model)));
    expect(after(Float32Array.of(0.1, 0, 0))).toBeLessThan(after(Float32Array.of(4, 0, 0)));
  });

  it("tells a narrow other from a clear one and from a narrow policy", () => {
    const model = { otherBias: 0, weights: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1], bias: 0 };
    const sure = (...logits: number[]) => Math.max(...softmax(confident(Float32Array.of(...logits), undefined, model)));
    const even = 0.5;
    expect(sure(0, 1)).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 4);
    expect(sure(0, 3)).toBeCloseTo(even, 2);
    expect(sure(1, 0)).toBeCloseTo(even, 2);
  });

  it("stays finite when all options are alike and when one is far ahead", () => {
    for (const logits of [Float32Array.of(1, 1, 1), Float32Array.of(-900, 900)]) {
      const probabilities = softmax(
        confident(logits, undefined, always(0.6)).map((logit) => Math.max(-700, Math.min(700, logit))),
      );
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    }
  });
});

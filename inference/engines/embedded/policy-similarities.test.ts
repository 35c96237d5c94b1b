import { expect, test } from "vitest";
import { centred, leads } from "./policy-similarities.ts";
import { cosine, maxSim, toLengthOne } from "./vectors.ts";

test("a lead is measured against the best of the others", () => {
  expect(leads([0.5, 0.2, 0.4]).map((lead) => Number(lead.toFixed(6)))).toEqual([0.1, -0.3, -0.1]);
  expect(leads([0.7])).toEqual([0.3]);
});

test("centred values sum to nothing", () => {
  expect(centred([1, 2, 6]).reduce((a, b) => a + b, 0)).toBeCloseTo(0, 12);
});

test("late interaction is one for a text with itself and asymmetric for a part of it", () => {
  const rows = (...vectors: number[][]) => ({
    values: Float32Array.from(vectors.flat()),
    count: vectors.length,
    width: 2,
  });
  const whole = rows([1, 0], [0, 1]);
  const part = rows([1, 0]);
  expect(maxSim(whole, whole)).toEqual({ aToB: 1, bToA: 1 });
  expect(maxSim(part, whole)).toEqual({ aToB: 1, bToA: 0.5 });
  expect(maxSim(rows(), whole).aToB).toBe(0);
});

test("a vector is scaled to length one, and one of nothing is left alone", () => {
  const vector = toLengthOne(Float32Array.from([3, 4]));
  expect(cosine(vector, vector)).toBeCloseTo(1, 6);
  expect([...toLengthOne(new Float32Array(2))]).toEqual([0, 0]);
});

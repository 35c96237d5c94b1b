import { expect, test } from "vitest";
import type { Answer, BenchmarkRecord } from "./record.ts";
import { makeReport } from "./report.ts";

const record: BenchmarkRecord = {
  id: "one",
  dataset: "d",
  scenario: "fQfA",
  policies: ["a", "b"].map((name) => ({ name, description: "" })),
  turns: ["1", "2", "3", "4"].map((content) => ({ role: "user", content })),
  labels: ["a", "a", "a", "b"],
};

test("a refusal is wrong, though the first policy would be right, and says nothing of confidence", () => {
  const answer: Answer = {
    id: "one",
    predictions: ["a", null, null, "a"],
    confidences: [0.95, 0.99, 0.99, 0.55],
    unsure: [1, 2],
    ms: [1, 1, 1, 1],
  };
  const report = makeReport("fake@1", [record], new Map([["one", answer]]));
  expect(report.levels.Turn).toBe(25);
  expect(report.confidence.reliability.map(({ from, count }) => [from, count])).toEqual([
    [0.5, 1],
    [0.9, 1],
  ]);
  expect(report.confidence.expectedCalibrationError).toBeCloseTo((0.05 + 0.55) / 2, 10);
  expect(report.confidence.areaUnderRoc).toBe(1);
  // Of four decisions one may be taken.
  expect(report.confidence.coverage).toContainEqual({ precision: 0.9, share: 0.25 });
  expect(report.confidence.abstention).toMatchObject({ unsure: 0.5, precision: 0.5 });
  expect(report.confusions).toEqual([
    { dataset: "d", label: "a", predicted: null, count: 2 },
    { dataset: "d", label: "b", predicted: "a", count: 1 },
  ]);
  expect(report.worstPolicies[0]).toEqual({ dataset: "d", policy: "a", wrong: 2, count: 3 });
});

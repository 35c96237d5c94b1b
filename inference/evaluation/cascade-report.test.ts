import { expect, test } from "vitest";
import { cascadeReport, composeAnswer } from "./cascade-report.ts";
import type { Answer, BenchmarkRecord } from "./record.ts";

const record: BenchmarkRecord = {
  id: "one",
  dataset: "d",
  scenario: "fQfA",
  policies: [{ name: "a", description: "" }],
  turns: ["1", "2", "3", "4", "5"].map((content) => ({ role: "user", content })),
  labels: ["a", "a", "other", "a", null],
};
const first: Answer = {
  id: "one",
  predictions: ["a", "other", "a", "a", "a"],
  confidences: [0.9, 0.3, 0.5, 0.7, 0.1],
  ms: [1, 1, 1, 1, 1],
};
const second: Answer = {
  id: "one",
  predictions: ["a", "a", "other", "other", "a"],
  confidences: [0.8, 0.8, 0.8, 0.8, 0.8],
  ms: [10, 10, 10, 10, 10],
};
const counted = {
  ...second,
  tokens: second.ms.map(() => ({ prompt: 100, cached: 40, completion: 1 })),
};
const names = { first: "embedded@1", second: "big@1" };
const answers = { first: new Map([["one", first]]), second: new Map([["one", second]]) };

test("what a cascade answers is the first engine's answer where it is sure, else the second's, with both their times", () => {
  expect(composeAnswer(first, second, 0.6)).toEqual({
    id: "one",
    predictions: ["a", "a", "other", "a", "a"],
    confidences: [0.9, 0.8, 0.8, 0.7, 0.8],
    ms: [1, 11, 11, 1, 11],
  });
});

test("accuracy, escalation and agreement are of scored turns, at the threshold and along the curve", () => {
  const report = cascadeReport([record], names, answers, 0.6);
  expect(report).toMatchObject({ ...names, escalated: 0.5, accuracy: 1, agreement: 0.25, agreementWhenEscalated: 0 });
  expect(report.curve[0]).toMatchObject({ threshold: 0, escalated: 0, accuracy: 0.5 });
  expect(report.curve.at(-1)).toMatchObject({ threshold: 1.01, escalated: 1, accuracy: 0.75 });
  expect(report.curve.find(({ threshold }) => threshold === 0.7)).toMatchObject({ escalated: 0.5, accuracy: 1 });
});

test("what the first engine calls unsure is escalated whatever its confidence, as in service", () => {
  const unsure = { ...first, unsure: [0] };
  expect(composeAnswer(unsure, { ...second, unsure: [1] }, 0.2)).toMatchObject({
    confidences: [0.8, 0.3, 0.5, 0.7, 0.8],
    ms: [11, 1, 1, 1, 11],
  });
  expect(composeAnswer(unsure, { ...second, unsure: [0, 1] }, 0.2).unsure).toEqual([0]);
  const both = { first: new Map([["one", unsure]]), second: answers.second };
  expect(cascadeReport([record], names, both, 0.2).escalated).toBe(0.25);
});

test("where an engine chose nothing it is wrong, and agrees with nobody", () => {
  const silent = (answer: Answer, ...places: number[]): Answer => ({
    ...answer,
    predictions: answer.predictions.map((one, index) => (places.includes(index) ? null : one)),
    unsure: places,
  });
  const [quick, better] = [silent(first, 0), silent(second, 0, 1)];
  expect(composeAnswer(quick, better, 0.6)).toMatchObject({
    predictions: [null, null, "other", "a", "a"],
    unsure: [0, 1],
  });
  const both = { first: new Map([["one", quick]]), second: new Map([["one", better]]) };
  expect(cascadeReport([record], names, both, 0.6)).toMatchObject({ escalated: 0.75, accuracy: 0.5, agreement: 0 });
  const neither = { first: new Map([["one", silent(first, 0, 1, 2, 3)]]), second: both.second };
  expect(cascadeReport([record], names, neither, 0.6)).toMatchObject({ accuracy: 0.25, agreement: null });
});

test("the cost is what was asked: time of both engines, and the tokens that the bigger one counts", () => {
  expect(composeAnswer(first, counted, 0.6).tokens?.map(({ prompt }) => prompt)).toEqual([0, 100, 100, 0, 100]);
  expect(composeAnswer(first, second, 0.6)).not.toHaveProperty("tokens");
  const both = { first: answers.first, second: new Map([["one", counted]]) };
  // Half of the four turns that are scored are escalated.
  expect(cascadeReport([record], names, both, 0.6)).toMatchObject({
    cost: { ms: 6, tokens: { prompt: 50, cached: 20, completion: 0.5 } },
    secondAlone: { ms: 10, tokens: { prompt: 100, cached: 40, completion: 1 } },
  });
});

test("a cascade that never escalates says nothing of agreement then", () => {
  expect(cascadeReport([record], names, answers, 0).agreementWhenEscalated).toBeNull();
});

import { expect, test } from "vitest";
import type { DecideResponse } from "../contract/index.ts";
import { ok } from "../errors.ts";
import { observe } from "./observe.ts";

const record = {
  id: "one",
  dataset: "d",
  scenario: "fQfA" as const,
  policies: ["a", "b", "c"].map((name) => ({ name, description: "" })),
  turns: [{ role: "user" as const, content: "hello" }],
};

function engineThat(probabilities: readonly number[], more: Partial<DecideResponse> = {}) {
  const scores = probabilities.map((probability, index) => ({ policy: ["a", "b", "c"][index] ?? null, probability }));
  const decided: DecideResponse = { scores, engine: "fake@1", escalated: false, timings: {}, ...more };
  return { name: "fake", decide: () => Promise.resolve(ok(decided)) };
}

test("options that a shortlist left out are no part of an observation, and a label among them is none of the rest", async () => {
  const engine = engineThat([0.7, 0, 0.2, 0.1], { shortlisted: 2 });
  const logits = [0.7, 0.2, 0.1].map(Math.log);
  expect(await observe(engine, { ...record, labels: ["c"] })).toEqual({
    observations: [{ id: "one", logits, label: 1 }],
    leftOut: 0,
  });
  expect(await observe(engine, { ...record, labels: ["other"] })).toMatchObject({ observations: [{ label: 2 }] });
  expect(await observe(engine, { ...record, labels: ["b"] })).toEqual({
    observations: [{ id: "one", logits, label: null }],
    leftOut: 0,
  });
});

test("an option that was asked about is weighed however improbable", async () => {
  const { observations } = await observe(engineThat([1, 0, 0, 0]), { ...record, labels: ["b"] });
  expect(observations).toEqual([{ id: "one", logits: [1, 1e-9, 1e-9, 1e-9].map(Math.log), label: 1 }]);
});

test("what the engine is unsure of itself is counted and left out; what is not labelled is not asked", async () => {
  const engine = engineThat([0.7, 0.1, 0.1, 0.1], { unsureReason: "refused" });
  expect(await observe(engine, { ...record, labels: ["a"] })).toEqual({ observations: [], leftOut: 1 });
  expect(await observe(engine, { ...record, labels: [null] })).toEqual({ observations: [], leftOut: 0 });
});

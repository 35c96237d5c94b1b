import { describe, expect, it } from "vitest";
import { agreement } from "./agreement.ts";
import type { Answer } from "./record.ts";

const run = (...answers: Pick<Answer, "id" | "predictions" | "confidences">[]) =>
  new Map(answers.map((answer) => [answer.id, { ...answer, ms: [] }]));

describe("agreement", () => {
  const here = run(
    { id: "one", predictions: ["a", "b"], confidences: [0.5, 0.75] },
    { id: "two", predictions: ["other", "a"], confidences: [0.25, 0.5] },
  );

  it("counts turns with the same choice and names the others", () => {
    const there = run(
      { id: "two", predictions: ["other", "b"], confidences: [0.375, 1] },
      { id: "one", predictions: ["a", "b"], confidences: [0.5, 0.75] },
    );
    expect(agreement(here, there)).toEqual({
      turns: 4,
      same: 0.75,
      largestConfidenceGap: 0.125,
      differing: [{ id: "two", turn: 1, choices: ["a", "b"] }],
    });
  });

  it("takes a turn on which both chose nothing for the same", () => {
    const chooses = (...predictions: (string | null)[]) => run({ id: "one", predictions, confidences: [0.5, 0.5] });
    expect(agreement(chooses(null, "a"), chooses(null, null))).toMatchObject({
      same: 0.5,
      differing: [{ turn: 1, choices: ["a", null] }],
    });
  });

  it("refuses runs over other records, or over none", () => {
    expect(() => agreement(here, run({ id: "one", predictions: ["a", "b"], confidences: [0.5, 0.75] }))).toThrow("two");
    expect(() => agreement(run(), run())).toThrow("no answers");
    const cut = run(
      { id: "one", predictions: ["a"], confidences: [0.5] },
      { id: "two", predictions: ["other", "a"], confidences: [0.25, 0.5] },
    );
    expect(() => agreement(here, cut)).toThrow("one has other turns");
  });
});

import { describe, expect, it } from "vitest";
import { readDistribution, toScores } from "./scores.ts";

const policies = [
  { name: "a", description: "" },
  { name: "b", description: "" },
];
const answer = (scores: [string | null, number][], fields: Record<string, unknown> = {}) => ({
  scores: scores.map(([policy, probability]) => ({ policy, probability })),
  engine: "embedded@1",
  escalated: false,
  timings: {},
  ...fields,
});

describe("an answer of the inference service", () => {
  it("is read in published order, other last, with nothing for what it leaves out", () => {
    const read = readDistribution(
      answer(
        [
          [null, 0.25],
          ["b", 0.75],
        ],
        { unsureReason: "refused" },
      ),
      policies,
    )!;
    expect(toScores(read, policies)).toEqual([
      { policy: "a", probability: 0 },
      { policy: "b", probability: 0.75 },
      { policy: null, probability: 0.25 },
    ]);
    expect(read).toMatchObject({ unsureReason: "refused", engine: "embedded@1" });
  });

  it("says how it was come to, when that took more than reading the turn", () => {
    const cascade = { decidedBy: "big@1", escalated: true, agreed: true, shortlisted: 25 };
    expect(readDistribution(answer([["a", 1]], cascade), policies)?.deciding).toEqual(cascade);
    expect(readDistribution(answer([["a", 1]], { shortlisted: 25 }), policies)?.deciding).toEqual({
      decidedBy: null,
      escalated: false,
      agreed: null,
      shortlisted: 25,
    });
    expect(readDistribution(answer([["a", 1]]), policies)).not.toHaveProperty("deciding");
  });

  it("may be off by rounding, and hold keys of a later contract", () => {
    expect(
      readDistribution(
        answer(
          [
            ["a", 0.333],
            ["b", 0.333],
            [null, 0.333],
          ],
          { novelty: 1 },
        ),
        policies,
      ),
    ).not.toBeNull();
  });

  it.each([
    ["an unknown policy", answer([["c", 1]])],
    [
      "a policy twice",
      answer([
        ["a", 0.5],
        ["a", 0.5],
      ]),
    ],
    [
      "other twice",
      answer([
        [null, 0.5],
        [null, 0.5],
      ]),
    ],
    ["a name of another case", answer([["A", 1]])],
    [
      "probabilities that sum to less",
      answer([
        ["a", 0.5],
        [null, 0.4],
      ]),
    ],
    [
      "probabilities that sum to more",
      answer([
        ["a", 0.9],
        [null, 0.9],
      ]),
    ],
    ["a probability over 1", answer([["a", 1.5]])],
    ["no scores", answer([])],
    ["an engine without a version", answer([["a", 1]], { engine: "embedded" })],
    ["no engine", answer([["a", 1]], { engine: undefined })],
    ["an error's shape", { error: { code: "overloaded", message: "" } }],
    ["nothing", null],
    ["a list", [1]],
  ])("is no decision with %s", (_name, given) => {
    expect(readDistribution(given, policies)).toBeNull();
  });
});

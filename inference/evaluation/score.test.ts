import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Answer, BenchmarkRecord } from "./record.ts";
import { score } from "./score.ts";
import type { Scores } from "./score.ts";

interface Fixture {
  readonly records: BenchmarkRecord[];
  readonly predictions: Record<string, string[]>;
  readonly expected: Scores;
}

/** Records, predictions, and what the benchmark's reference scorer (Python) says of them. */
const fixture = JSON.parse(
  readFileSync(new URL("fixtures/scored-by-reference.json", import.meta.url), "utf8"),
) as Fixture;

const answersOf = (predictions: Record<string, string[]>): Map<string, Answer> =>
  new Map(Object.entries(predictions).map(([id, list]) => [id, { id, predictions: list, confidences: [], ms: [] }]));

const record = (labels: (string | null)[], scenario: BenchmarkRecord["scenario"] = "fQfA"): BenchmarkRecord => ({
  id: "one",
  dataset: "invented",
  scenario,
  policies: [{ name: "a", description: "" }],
  turns: labels.map((_, index) => ({ role: "user" as const, content: `turn ${index}` })),
  labels,
});

describe("score", () => {
  it("agrees with the reference scorer cell by cell", () => {
    const scores = score(fixture.records, answersOf(fixture.predictions));
    const byKey = (cells: Scores["cells"]) => new Map(cells.map((cell) => [`${cell.dataset} ${cell.scenario}`, cell]));
    const expected = byKey(fixture.expected.cells);
    for (const [key, cell] of byKey(scores.cells)) {
      const wanted = expected.get(key);
      for (const [level, { percent, count }] of Object.entries(cell.levels)) {
        const reference = wanted?.levels[level as keyof typeof cell.levels];
        expect(`${key} ${level} ${count}`).toBe(`${key} ${level} ${reference?.count}`);
        expect(percent).toBeCloseTo(reference?.percent ?? -1, 6);
      }
      expect(Object.keys(cell.levels)).toEqual(Object.keys(wanted?.levels ?? {}));
    }
    expect(scores.cells).toHaveLength(expected.size);
    expect(scores.overall).toBeCloseTo(fixture.expected.overall, 6);
    for (const level of ["Turn", "Span", "Conv"] as const) {
      expect(scores.levels[level]).toBeCloseTo(fixture.expected.levels[level] ?? -1, 6);
    }
  });

  it("counts a span as wrong when one of its turns is wrong", () => {
    const { cells } = score([record(["a", "a", "b", "a"])], answersOf({ one: ["a", "b", "b", "a"] }));
    expect(cells[0]?.levels).toEqual({
      Turn: { percent: 75, count: 4 },
      Span: { percent: (100 * 2) / 3, count: 3 },
      Conv: { percent: 0, count: 1 },
    });
  });

  it("counts turns labelled other towards irrelevance in every file, and leaves null out", () => {
    const { cells } = score([record(["a", "other", null])], answersOf({ one: ["a", "a", "b"] }));
    expect(cells.map((cell) => [cell.scenario, cell.levels.Turn])).toEqual([
      ["fQfA", { percent: 100, count: 1 }],
      ["Irrelevance", { percent: 0, count: 1 }],
    ]);
  });

  it("counts a conversation without an answer as wrong", () => {
    expect(score([record(["a"])], new Map()).levels.Turn).toBe(0);
  });

  it("refuses an answer of another length", () => {
    expect(() => score([record(["a", "a"])], answersOf({ one: ["a"] }))).toThrow("1 predictions for 2 user turns");
  });
});

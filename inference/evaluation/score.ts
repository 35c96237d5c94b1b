import type { Answer, BenchmarkRecord } from "./record.ts";

/** Levels of arXiv 2506.16655: turns, runs of one label, whole conversations. */
export const LEVELS = ["Turn", "Span", "Conv"] as const;
export type Level = (typeof LEVELS)[number];
export const SCENARIOS = ["fQfA", "fQcA", "Irrelevance"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** Data sets of single turns, where spans and conversations mean nothing; as CLINC150 and MANtIS in the paper. */
const TURN_LEVEL_ONLY = new Set(["clinc150_single", "mantis", "multidogo"]);

interface Tally {
  right: number;
  count: number;
}

/** Result of one data set in one scenario; a level that the paper does not report for it is absent. */
export interface Cell {
  readonly dataset: string;
  readonly scenario: Scenario;
  /** Percent right and how many were counted. */
  readonly levels: Partial<Record<Level, { readonly percent: number; readonly count: number }>>;
}

export interface Scores {
  readonly cells: readonly Cell[];
  /** Mean over data sets, by level and scenario, in percent. */
  readonly scenarios: Record<Level, Partial<Record<Scenario, number>>>;
  /** Mean over scenarios, by level; absent levels had nothing to score. */
  readonly levels: Partial<Record<Level, number>>;
  readonly overall: number;
}

type Tallies = Map<string, { dataset: string; scenario: Scenario; levels: Record<Level, Tally> }>;

/**
 * Scores answers as the paper does: a turn labelled `other` counts towards Irrelevance in every file, and in an
 * Irrelevance file nothing else counts. A span is right when all its turns are, a conversation when all its scored
 * turns of the file's own scenario are. A record without an answer counts as wrong; throws when lengths differ.
 */
export function score(records: readonly BenchmarkRecord[], answers: ReadonlyMap<string, Answer>): Scores {
  const tallies: Tallies = new Map();
  for (const record of records) tallyRecord(record, answers.get(record.id)?.predictions, tallies);
  const cells = [...tallies.values()]
    .map(({ dataset, scenario, levels }): Cell => {
      const reported = LEVELS.filter((level) => isReported(dataset, scenario, level) && levels[level].count > 0);
      const entries = reported.map((level) => [
        level,
        { percent: (100 * levels[level].right) / levels[level].count, count: levels[level].count },
      ]);
      return { dataset, scenario, levels: Object.fromEntries(entries) as Cell["levels"] };
    })
    .sort((a, b) => (a.dataset === b.dataset ? rank(a) - rank(b) : a.dataset < b.dataset ? -1 : 1));
  return { cells, ...average(cells) };
}

const rank = (cell: Cell): number => SCENARIOS.indexOf(cell.scenario);

function isReported(dataset: string, scenario: Scenario, level: Level): boolean {
  if (level === "Turn") return true;
  return !TURN_LEVEL_ONLY.has(dataset) && (level === "Span" || scenario !== "Irrelevance");
}

function average(cells: readonly Cell[]): Omit<Scores, "cells"> {
  const scenarios: Scores["scenarios"] = { Turn: {}, Span: {}, Conv: {} };
  const levels: Scores["levels"] = {};
  for (const level of LEVELS) {
    for (const scenario of SCENARIOS) {
      const percents = cells.flatMap((cell) =>
        cell.scenario === scenario && cell.levels[level] !== undefined ? [cell.levels[level].percent] : [],
      );
      if (percents.length > 0) scenarios[level][scenario] = mean(percents);
    }
    const means = Object.values(scenarios[level]);
    if (means.length > 0) levels[level] = mean(means);
  }
  return { scenarios, levels, overall: mean(Object.values(levels)) };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

interface Run {
  readonly label: string;
  right: boolean;
  readonly scenario: Scenario | null;
}

function tallyRecord(record: BenchmarkRecord, predictions: Answer["predictions"] | undefined, tallies: Tallies): void {
  if (predictions !== undefined && predictions.length !== record.labels.length) {
    throw new Error(`${record.id}: ${predictions.length} predictions for ${record.labels.length} user turns`);
  }
  const own = record.scenario === "Irrelevance" ? null : record.scenario;
  let run: Run | undefined;
  let whole: boolean | undefined;
  const count = (scenario: Scenario, level: Level, right: boolean): void => {
    const { levels } = tallyOf(tallies, record.dataset, scenario);
    levels[level].count += 1;
    if (right) levels[level].right += 1;
  };
  const closeRun = (): void => {
    if (run !== undefined && run.scenario !== null) count(run.scenario, "Span", run.right);
  };
  record.labels.forEach((label, index) => {
    if (label === null) return;
    const right = predictions?.[index] === label;
    const scenario = label === "other" ? "Irrelevance" : own;
    if (run?.label === label) run.right &&= right;
    else {
      closeRun();
      run = { label, right, scenario };
    }
    if (scenario === null) return;
    count(scenario, "Turn", right);
    if (scenario !== "Irrelevance") whole = (whole ?? true) && right;
  });
  closeRun();
  if (whole !== undefined && own !== null) count(own, "Conv", whole);
}

function tallyOf(tallies: Tallies, dataset: string, scenario: Scenario) {
  const key = JSON.stringify([dataset, scenario]);
  const empty = (): Tally => ({ right: 0, count: 0 });
  const known = tallies.get(key) ?? { dataset, scenario, levels: { Turn: empty(), Span: empty(), Conv: empty() } };
  tallies.set(key, known);
  return known;
}

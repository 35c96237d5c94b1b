import type { Answer, BenchmarkRecord } from "./record.ts";

export interface Confusion {
  readonly dataset: string;
  readonly label: string;
  /** Null when the engine chose nothing. */
  readonly predicted: string | null;
  readonly count: number;
}

export interface WorstPolicy {
  readonly dataset: string;
  readonly policy: string;
  readonly wrong: number;
  readonly count: number;
}

/** The most frequent (label, prediction) pairs that differ, by data set. */
export function confusions(
  records: readonly BenchmarkRecord[],
  answers: ReadonlyMap<string, Answer>,
  limit: number,
): Confusion[] {
  const counts = new Map<string, number>();
  eachScored(records, answers, (dataset, label, predicted) => {
    const key = JSON.stringify([dataset, label, predicted]);
    if (label !== predicted) counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([key, count]) => {
      const [dataset, label, predicted] = JSON.parse(key) as [string, string, string | null];
      return { dataset, label, predicted, count };
    });
}

/** Policies with the most wrong turns, by data set. */
export function worstPolicies(
  records: readonly BenchmarkRecord[],
  answers: ReadonlyMap<string, Answer>,
  limit: number,
): WorstPolicy[] {
  const counts = new Map<string, { wrong: number; count: number }>();
  eachScored(records, answers, (dataset, label, predicted) => {
    const key = JSON.stringify([dataset, label]);
    const tally = counts.get(key) ?? { wrong: 0, count: 0 };
    tally.count += 1;
    if (label !== predicted) tally.wrong += 1;
    counts.set(key, tally);
  });
  return [...counts]
    .sort((a, b) => b[1].wrong - a[1].wrong)
    .slice(0, limit)
    .map(([key, { wrong, count }]) => {
      const [dataset = "", policy = ""] = JSON.parse(key) as string[];
      return { dataset, policy, wrong, count };
    });
}

function eachScored(
  records: readonly BenchmarkRecord[],
  answers: ReadonlyMap<string, Answer>,
  visit: (dataset: string, label: string, predicted: string | null) => void,
): void {
  for (const record of records) {
    const predictions = answers.get(record.id)?.predictions;
    record.labels.forEach((label, index) => {
      const predicted = predictions?.[index];
      if (label !== null && predicted !== undefined) visit(record.dataset, label, predicted);
    });
  }
}

import { abstention, areaUnderRoc, coverageAt, expectedCalibrationError, reliability } from "./confidence.ts";
import type { JudgedTurn } from "./confidence.ts";
import { confusions, worstPolicies } from "./mistakes.ts";
import type { TokenCounts } from "../contract/index.ts";
import type { Answer, BenchmarkRecord } from "./record.ts";
import { score } from "./score.ts";
import { sumTokens } from "./token-counts.ts";

const PRECISIONS = [0.9, 0.95, 0.98] as const;
/** The `min_confidence` of the documents that the API's reference shows. */
const THRESHOLD = 0.5;
const LISTED = 12;

export type Report = ReturnType<typeof makeReport>;

/** Everything the harness says about a run: scores, confidence, mistakes, time. */
export function makeReport(engine: string, records: readonly BenchmarkRecord[], answers: ReadonlyMap<string, Answer>) {
  const judged = judge(records, answers);
  const chosen = judged.filter((one) => one.chosen);
  const times = [...answers.values()].flatMap((answer) => answer.ms).sort((a, b) => a - b);
  return {
    engine,
    records: records.length,
    decisions: times.length,
    ...score(records, answers),
    confidence: {
      expectedCalibrationError: expectedCalibrationError(chosen),
      areaUnderRoc: areaUnderRoc(chosen),
      coverage: PRECISIONS.map((precision) => ({ precision, share: coverageAt(judged, precision) })),
      reliability: reliability(chosen),
      abstention: abstention(judged, THRESHOLD),
    },
    confusions: confusions(records, answers, LISTED),
    worstPolicies: worstPolicies(records, answers, LISTED),
    msPerDecision: { p50: quantile(times, 0.5), p95: quantile(times, 0.95), p99: quantile(times, 0.99) },
    tokensPerDecision: tokensPerDecision([...answers.values()]),
  };
}

interface ScoredTurn extends JudgedTurn {
  /** Whether the engine chose anything. */
  readonly chosen: boolean;
}

/** Scored decisions with their confidence, 0 where nothing was chosen; turns labelled null are left out. */
function judge(records: readonly BenchmarkRecord[], answers: ReadonlyMap<string, Answer>): ScoredTurn[] {
  return records.flatMap((record) => {
    const answer = answers.get(record.id);
    if (answer === undefined) return [];
    return record.labels.flatMap((label, index) => {
      const confidence = answer.confidences[index];
      if (label === null || confidence === undefined) return [];
      const predicted = answer.predictions[index];
      const chosen = predicted !== null;
      const unsure = answer.unsure?.includes(index) === true;
      const right = predicted === label;
      return [{ confidence: chosen ? confidence : 0, right, other: label === "other", unsure, chosen }];
    });
  });
}

/** Mean over the decisions of an engine that counts; null of any other. */
function tokensPerDecision(answers: readonly Answer[]): TokenCounts | null {
  const counts = answers.flatMap(({ tokens }) => tokens ?? []);
  return counts.length === 0 ? null : sumTokens(counts, counts.length);
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

import type { TokenCounts } from "../contract/index.ts";
import type { Answer, BenchmarkRecord } from "./record.ts";
import { NO_TOKENS, sumTokens } from "./token-counts.ts";

/** One decision of both engines of a cascade, and whether each was right. */
interface Pair {
  readonly confidence: number;
  readonly firstRight: boolean;
  readonly secondRight: boolean;
  /** Null when one of them chose nothing. */
  readonly agree: boolean | null;
  /** Of the first engine, and of the second one when it is asked. */
  readonly cost: readonly [Cost, Cost];
}

/** What a decision took. */
export interface Cost {
  readonly ms: number;
  /** None when the engine does not count. */
  readonly tokens: TokenCounts;
}

export interface CurvePoint {
  /** Confidence of the first engine under which the second is asked. */
  readonly threshold: number;
  /** Share of decisions that go to the second engine, 0..1. */
  readonly escalated: number;
  /** Share of scored turns that are right, 0..1. */
  readonly accuracy: number;
  /** Mean of a decision. */
  readonly cost: Cost;
}

export interface CascadeReport extends CurvePoint {
  readonly first: string;
  readonly second: string;
  /** Share of decisions on which both choose the same, of those on which both choose, 0..1: of all, and of the escalated. */
  readonly agreement: number | null;
  readonly agreementWhenEscalated: number | null;
  /** What a decision would take if the second engine were always asked, and nobody else. */
  readonly secondAlone: Cost;
  /** From the first engine alone to the second one alone. */
  readonly curve: readonly CurvePoint[];
}

const STEPS = 20;

/** What a cascade of two engines answers at a threshold, from what each of them answered to everything. */
export function composeAnswer(first: Answer, second: Answer, threshold: number): Answer {
  const escalates = sureness(first).map((confidence) => confidence < threshold);
  const pick = <T>(ofFirst: readonly T[], ofSecond: readonly T[]): T[] =>
    ofFirst.map((value, index) => {
      const better = ofSecond[index];
      return escalates[index] === true && better !== undefined ? better : value;
    });
  const isUnsure = pick(flags(first), flags(second));
  const unsure = isUnsure.flatMap((one, index) => (one ? [index] : []));
  const [spentFirst, spentSecond] = [tokensOf(first), tokensOf(second)];
  const tokens = spentFirst.map((spent, index) =>
    escalates[index] === true ? sumTokens([spent, spentSecond[index] ?? NO_TOKENS]) : spent,
  );
  return {
    id: first.id,
    predictions: pick(first.predictions, second.predictions),
    confidences: pick(first.confidences, second.confidences),
    ...(unsure.length > 0 && { unsure }),
    ms: first.ms.map((ms, index) => ms + (escalates[index] === true ? (second.ms[index] ?? 0) : 0)),
    ...((first.tokens ?? second.tokens) !== undefined && { tokens }),
  };
}

/** Accuracy against the share that is escalated, over the thresholds that part the decisions evenly. */
export function cascadeReport(
  records: readonly BenchmarkRecord[],
  names: { readonly first: string; readonly second: string },
  answers: { readonly first: ReadonlyMap<string, Answer>; readonly second: ReadonlyMap<string, Answer> },
  threshold: number,
): CascadeReport {
  const pairs = records.flatMap((record) =>
    pairsOf(record, answers.first.get(record.id), answers.second.get(record.id)),
  );
  const escalated = pairs.filter(({ confidence }) => confidence < threshold);
  const confidences = pairs.map(({ confidence }) => confidence).sort((a, b) => a - b);
  const thresholds = Array.from({ length: STEPS }, (_, step) => {
    const at = Math.floor((confidences.length * step) / STEPS);
    return step === 0 ? 0 : (confidences[at] ?? 0);
  });
  return {
    ...names,
    ...pointAt(pairs, threshold),
    agreement: agreementIn(pairs),
    agreementWhenEscalated: agreementIn(escalated),
    secondAlone: meanCost(
      pairs.map(({ cost: [, ofSecond] }) => ofSecond),
      pairs.length,
    ),
    // Above 1 every decision is escalated: confidences reach 1.
    curve: [...new Set([...thresholds, 1.01])].map((one) => pointAt(pairs, one)),
  };
}

const tokensOf = ({ ms, tokens }: Answer): readonly TokenCounts[] => tokens ?? ms.map(() => NO_TOKENS);

const flags = ({ confidences, unsure = [] }: Answer): boolean[] =>
  confidences.map((_, index) => unsure.includes(index));

/** Confidences as a cascade takes them: what its first engine calls unsure goes to the second one. */
const sureness = ({ confidences, unsure = [] }: Answer): number[] =>
  confidences.map((confidence, index) => (unsure.includes(index) ? 0 : confidence));

function pairsOf(record: BenchmarkRecord, first: Answer | undefined, second: Answer | undefined): Pair[] {
  if (first === undefined || second === undefined) return [];
  const sure = sureness(first);
  const [spentFirst, spentSecond] = [tokensOf(first), tokensOf(second)];
  return record.labels.flatMap((label, index) => {
    const confidence = sure[index];
    if (label === null || confidence === undefined) return [];
    const [quick, better] = [first.predictions[index], second.predictions[index]];
    const right = { firstRight: quick === label, secondRight: better === label };
    const cost = [
      { ms: first.ms[index] ?? 0, tokens: spentFirst[index] ?? NO_TOKENS },
      { ms: second.ms[index] ?? 0, tokens: spentSecond[index] ?? NO_TOKENS },
    ] as const;
    const choose = quick !== null && better !== null;
    return [{ confidence, ...right, agree: choose ? quick === better : null, cost }];
  });
}

const agreementIn = (pairs: readonly Pair[]): number | null =>
  shareOf(
    pairs.filter(({ agree }) => agree !== null),
    ({ agree }) => agree === true,
  );

function pointAt(pairs: readonly Pair[], threshold: number): CurvePoint {
  const isEscalated = ({ confidence }: Pair): boolean => confidence < threshold;
  const spent = pairs.flatMap((pair) => (isEscalated(pair) ? pair.cost : pair.cost.slice(0, 1)));
  return {
    threshold,
    escalated: shareOf(pairs, isEscalated) ?? 0,
    accuracy: shareOf(pairs, (pair) => (isEscalated(pair) ? pair.secondRight : pair.firstRight)) ?? 0,
    cost: meanCost(spent, pairs.length),
  };
}

function meanCost(spent: readonly Cost[], decisions: number): Cost {
  const count = Math.max(1, decisions);
  return {
    ms: spent.reduce((total, { ms }) => total + ms, 0) / count,
    tokens: sumTokens(
      spent.map(({ tokens }) => tokens),
      count,
    ),
  };
}

function shareOf<T>(all: readonly T[], holds: (one: T) => boolean): number | null {
  return all.length === 0 ? null : all.filter(holds).length / all.length;
}

import { calibrate, IDENTITY } from "../decide/calibration.ts";
import type { Calibration, CalibrationFigures } from "../decide/calibration.ts";
import { expectedCalibrationError } from "./confidence.ts";

/** Probability that stands for none at all. */
export const LEAST = 1e-9;

/** One labelled decision: the engine's log-probabilities, `other` last, and which of them was right. */
export interface Observation {
  /** Of the conversation: its decisions are fitted to together or not at all. */
  readonly id: string;
  readonly logits: readonly number[];
  /** Null when a shortlist had left out the right policy: wrong whatever the temperature is. */
  readonly label: number | null;
}

type Listed = Observation & { readonly label: number };
type Parameters = Pick<Calibration, "temperature" | "otherBias">;

/** A point of the search: `scale` is one over the temperature, `bias` is what `other` gets after scaling. */
interface Point {
  readonly scale: number;
  readonly bias: number;
}

const STEPS = 100;
const HALVINGS = 30;
const ENOUGH = 1e-9;
const MIN_SCALE = 0.02;
const MAX_SCALE = 50;
const MAX_BIAS = 50;
/** Weight of the wish to change nothing, in observations: decides where the data say nothing. */
const PRIOR = 1;
const FOLDS = 5;

/** Whether the right option was among those that were asked about. */
export const isListed = (observation: Observation): observation is Listed => observation.label !== null;

/**
 * Temperature and `other` bias under which the labels are most likely (Guo et al. 2017, with a bias for one class).
 * Written in `scale` and `bias` the loss is convex, so Newton's method with a line search finds the one minimum.
 * What was never asked about is left out: to explain it the fit would only flatten the rest.
 */
export function fitCalibration(all: readonly Observation[]): Parameters {
  const observations = all.filter(isListed);
  let point: Point = { scale: 1, bias: 0 };
  let loss = lossAt(observations, point);
  for (let step = 0; step < STEPS; step += 1) {
    const direction = newtonDirection(observations, point);
    let next = point;
    let lower = loss;
    for (let part = 1, halving = 0; halving < HALVINGS && lower >= loss; part /= 2, halving += 1) {
      next = bounded({ scale: point.scale + part * direction.scale, bias: point.bias + part * direction.bias });
      lower = lossAt(observations, next);
    }
    if (loss - lower < ENOUGH * observations.length) break;
    point = next;
    loss = lower;
  }
  const otherBias = Math.max(-MAX_BIAS, Math.min(MAX_BIAS, point.bias / point.scale));
  return { temperature: round(1 / point.scale), otherBias: round(otherBias) };
}

/** Figures of the engine as it is, and on each fifth of the conversations after fitting to the other four. */
export function crossValidate(observations: readonly Observation[]): {
  readonly before: CalibrationFigures;
  readonly after: CalibrationFigures;
} {
  const ids = [...new Set(observations.map(({ id }) => id))].sort();
  const foldOf = new Map(ids.map((id, index) => [id, index % FOLDS]));
  const judged = Array.from({ length: FOLDS }, (_, fold) => {
    const inFold = ({ id }: Observation): boolean => foldOf.get(id) === fold;
    const parameters = fitCalibration(observations.filter((one) => !inFold(one)));
    return observations.filter(inFold).map((observation) => judge(observation, parameters));
  });
  return { before: figures(observations.map((one) => judge(one, IDENTITY))), after: figures(judged.flat()) };
}

function judge({ logits, label }: Observation, parameters: Parameters) {
  const probabilities = calibrate(logits, parameters);
  const confidence = Math.max(...probabilities);
  const likelihood = label === null ? LEAST : (probabilities[label] ?? 0);
  return { confidence, right: probabilities.indexOf(confidence) === label, likelihood };
}

function figures(judged: readonly ReturnType<typeof judge>[]): CalibrationFigures {
  const count = judged.length || 1;
  const surprise = judged.reduce((sum, { likelihood }) => sum - Math.log(Math.max(likelihood, Number.MIN_VALUE)), 0);
  return {
    negativeLogLikelihood: round(surprise / count),
    expectedCalibrationError: round(expectedCalibrationError(judged)),
    accuracy: round(judged.filter(({ right }) => right).length / count),
  };
}

function scaled({ logits }: Observation, { scale, bias }: Point): { values: number[]; logTotal: number } {
  const values = logits.map((logit, index) => scale * logit + (index === logits.length - 1 ? bias : 0));
  const top = Math.max(...values);
  return { values, logTotal: top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0)) };
}

function lossAt(observations: readonly Listed[], point: Point): number {
  const prior = (PRIOR / 2) * ((point.scale - 1) ** 2 + point.bias ** 2);
  return observations.reduce((sum, observation) => {
    const { values, logTotal } = scaled(observation, point);
    return sum + logTotal - (values[observation.label] ?? 0);
  }, prior);
}

function newtonDirection(observations: readonly Listed[], point: Point): Point {
  let slopeScale = PRIOR * (point.scale - 1);
  let slopeBias = PRIOR * point.bias;
  let curveScale = PRIOR;
  let curveBias = PRIOR;
  let curveBoth = 0;
  for (const observation of observations) {
    const { logits, label } = observation;
    const { values, logTotal } = scaled(observation, point);
    const shares = values.map((value) => Math.exp(value - logTotal));
    const mean = shares.reduce((sum, share, index) => sum + share * (logits[index] ?? 0), 0);
    const square = shares.reduce((sum, share, index) => sum + share * (logits[index] ?? 0) ** 2, 0);
    const other = shares.at(-1) ?? 0;
    slopeScale += mean - (logits[label] ?? 0);
    slopeBias += other - (label === logits.length - 1 ? 1 : 0);
    curveScale += square - mean ** 2;
    curveBias += other * (1 - other);
    curveBoth += other * ((logits.at(-1) ?? 0) - mean);
  }
  const determinant = curveScale * curveBias - curveBoth ** 2;
  return {
    scale: -(curveBias * slopeScale - curveBoth * slopeBias) / determinant,
    bias: -(curveScale * slopeBias - curveBoth * slopeScale) / determinant,
  };
}

const bounded = ({ scale, bias }: Point): Point => ({ scale: Math.max(MIN_SCALE, Math.min(MAX_SCALE, scale)), bias });

const round = (value: number): number => Number(value.toPrecision(6));

import type { UnsureReason } from "../../contract/index.ts";
import { findOption } from "./options.ts";
import type { Options } from "./options.ts";
import type { Alternative, Completion, Step } from "./wire.ts";

/** Weight of an option that no token led to: the server shows only the likeliest tokens of each step. */
const UNSEEN = 1e-4;
/** Share of an answer without log-probabilities: the model chose, but does not say how sure it was. */
const UNMEASURED = 0.8;
/** Mass on texts that begin no option, above which the answer does not count. */
const OUTSIDE_LIMIT = 0.5;

interface ReadAnswer {
  /** Log-weights in the order of the options. */
  readonly logits: readonly number[];
  readonly unsureReason?: UnsureReason;
}

/**
 * Reads how much the model wanted each option. The constraint may have been ignored by the server, so the text is
 * looked up among the options first: `outside_options` when it is none of them. Then the mass of each step's tokens
 * goes to the options they begin; tokens of a constrained answer need not be the names' canonical tokens.
 */
export function readAnswer(completion: Completion, options: Options): ReadAnswer {
  const [choice] = completion.choices;
  const chosen = findOption(options, choice?.message.content ?? "");
  if (chosen === -1) return { logits: options.names.map(() => 0), unsureReason: "outside_options" };
  const steps = choice?.logprobs?.content ?? [];
  if (steps.length === 0) {
    const rest = (1 - UNMEASURED) / Math.max(1, options.names.length - 1);
    return { logits: options.names.map((_, index) => Math.log(index === chosen ? UNMEASURED : rest)) };
  }
  const { weights, outside } = weigh(steps, options);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0 || outside > OUTSIDE_LIMIT) {
    return { logits: options.names.map(() => 0), unsureReason: "outside_options" };
  }
  return { logits: weights.map((weight) => Math.log(weight / total + UNSEEN)) };
}

function weigh(steps: readonly Step[], { bytes: options }: Options): { weights: number[]; outside: number } {
  const weights = options.map(() => 0);
  let outside = 0;
  let reached = 1;
  let written = "";
  for (const step of steps) {
    const taken = bytesOf(step);
    let continued = 0;
    for (const [token, probability] of alternatives(step)) {
      const mass = reached * probability;
      const text = written + token;
      const end = text.indexOf('"');
      const begun = end === -1 ? indexesWhere(options, (option) => option.startsWith(text)) : [];
      // A token that continues no name ends the one that is written: a quote, or the model's end-of-turn token.
      const ended = begun.length > 0 ? -1 : options.indexOf(end === -1 ? written : text.slice(0, end));
      if (begun.length === 0 && ended === -1) outside += mass;
      else if (ended !== -1) weights[ended] = (weights[ended] ?? 0) + mass;
      else if (token === taken) continued = mass;
      else for (const index of begun) weights[index] = (weights[index] ?? 0) + mass / begun.length;
    }
    reached = continued;
    written += taken;
    if (reached === 0) return { weights, outside };
  }
  const complete = options.indexOf(written);
  if (complete !== -1) weights[complete] = (weights[complete] ?? 0) + reached;
  return { weights, outside };
}

function alternatives(step: Step): Map<string, number> {
  return new Map([...step.top_logprobs, step].map((one) => [bytesOf(one), Math.exp(one.logprob)]));
}

const bytesOf = ({ bytes, token }: Alternative): string =>
  (Array.isArray(bytes) ? Buffer.from(bytes) : Buffer.from(token)).toString("latin1");

const indexesWhere = (options: readonly string[], holds: (option: string) => boolean): number[] =>
  options.flatMap((option, index) => (holds(option) ? [index] : []));

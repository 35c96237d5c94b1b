import type { UnsureReason } from "../../contract/index.ts";
import { findOption } from "./options.ts";
import type { Options } from "./options.ts";
import { outsideOptions, toLogits } from "./shares.ts";
import type { Shares } from "./shares.ts";
import type { Alternative, Completion, Step } from "./wire.ts";

/** Share of an answer without log-probabilities: the model chose, but does not say how sure it was. */
const UNMEASURED = 0.8;

interface ReadAnswer {
  /** Log-weights in the order of the options. */
  readonly logits: readonly number[];
  readonly unsureReason?: UnsureReason;
}

/**
 * Reads how much the model wanted each option from a constrained answer. The constraint may have been ignored by the
 * server, so the text is looked up among the options first: `outside_options` when it is none of them. Then the mass of
 * each step's tokens goes to the options they begin; tokens of a constrained answer need not be the names' canonical
 * ones. What the model would have said without the constraint does not show.
 */
export function readAnswer(completion: Completion, options: Options): ReadAnswer {
  const [choice] = completion.choices;
  const chosen = findOption(options, choice?.message.content ?? "");
  if (chosen === -1) return outsideOptions(options.texts.length);
  const steps = choice?.logprobs?.content ?? [];
  if (steps.length === 0) {
    const rest = (1 - UNMEASURED) / Math.max(1, options.texts.length - 1);
    return { logits: options.texts.map((_, index) => Math.log(index === chosen ? UNMEASURED : rest)) };
  }
  return toLogits({ ...weigh(steps, options), written: chosen });
}

function weigh(steps: readonly Step[], { bytes: options }: Options): Omit<Shares, "written"> {
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
      const closed = options.findIndex((option) => text.startsWith(option.closed));
      const begun = closed === -1 ? indexesWhere(options, (option) => option.text.startsWith(text)) : [];
      // A token that continues no option ends the one that is written: the model's end-of-turn token.
      const ended =
        begun.length > 0 ? -1 : closed === -1 ? options.findIndex(({ text: own }) => own === written) : closed;
      if (begun.length === 0 && ended === -1) outside += mass;
      else if (ended !== -1) weights[ended] = (weights[ended] ?? 0) + mass;
      else if (token === taken) continued = mass;
      else for (const index of begun) weights[index] = (weights[index] ?? 0) + mass / begun.length;
    }
    reached = continued;
    written += taken;
    if (reached === 0) return { weights, outside };
  }
  const complete = options.findIndex(({ text }) => text === written);
  if (complete !== -1) weights[complete] = (weights[complete] ?? 0) + reached;
  return { weights, outside };
}

function alternatives(step: Step): Map<string, number> {
  return new Map([...step.top_logprobs, step].map((one) => [bytesOf(one), Math.exp(one.logprob)]));
}

const bytesOf = ({ bytes, token }: Alternative): string =>
  (Array.isArray(bytes) ? Buffer.from(bytes) : Buffer.from(token)).toString("latin1");

const indexesWhere = <T>(values: readonly T[], holds: (value: T) => boolean): number[] =>
  values.flatMap((value, index) => (holds(value) ? [index] : []));

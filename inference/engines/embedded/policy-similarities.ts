import type { EncodedPolicies } from "./encoded-policies.ts";
import type { TurnVectors } from "./scorer.ts";
import { cosine, maxSim } from "./vectors.ts";

/** How alike one turn and each policy are, one list a way of looking, in published order. */
export interface Similarities {
  readonly whole: readonly number[];
  readonly name: readonly number[];
  readonly description: readonly number[];
  /** The best of the description's parts, alone and with the name before it. */
  readonly phrase: readonly number[];
  readonly namedPhrase: readonly number[];
  /** Late interaction: how well the policy covers the turn's words, and the turn the policy's. */
  readonly covered: readonly number[];
  readonly covering: readonly number[];
  /** With the assistant's message before the turn, and with the user's previous turn. */
  readonly withReply: readonly number[];
  readonly withReplyNamedPhrase: readonly number[];
  readonly withPrevious: readonly number[];
}

/** Compares a turn with every policy of a set. */
export function compare({ policies }: EncodedPolicies, turn: TurnVectors): Similarities {
  const { pooled, tokens } = turn.text;
  const interactions = policies.map((policy) => maxSim(tokens, policy.tokens));
  const best = (phrases: readonly Float32Array[], vector: Float32Array): number =>
    Math.max(...phrases.map((phrase) => cosine(phrase, vector)));
  return {
    whole: policies.map((policy) => cosine(policy.whole, pooled)),
    name: policies.map((policy) => cosine(policy.name, pooled)),
    description: policies.map((policy) => cosine(policy.description, pooled)),
    phrase: policies.map((policy) => best(policy.phrases, pooled)),
    namedPhrase: policies.map((policy) => best(policy.namedPhrases, pooled)),
    covered: interactions.map((interaction) => interaction.aToB),
    covering: interactions.map((interaction) => interaction.bToA),
    withReply: policies.map((policy) => cosine(policy.whole, turn.withReply)),
    withReplyNamedPhrase: policies.map((policy) => best(policy.namedPhrases, turn.withReply)),
    withPrevious: policies.map((policy) => cosine(policy.whole, turn.withPrevious)),
  };
}

/** Each value less the mean of all: what sets a policy apart from its siblings. */
export function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

/** What a policy with no siblings is taken to lead by. */
const LEAD_WITHOUT_SIBLINGS = 0.3;

/** By how much each value leads the best of the others; negative when it does not. */
export function leads(values: readonly number[]): number[] {
  if (values.length < 2) return values.map(() => LEAD_WITHOUT_SIBLINGS);
  const [best = 0, second = 0] = values.toSorted((a, b) => b - a);
  const leader = values.indexOf(best);
  return values.map((value, index) => value - (index === leader ? second : best));
}

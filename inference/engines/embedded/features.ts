import type { EncodedPolicies } from "./encoded-policies.ts";
import { centred, leads } from "./policy-similarities.ts";
import type { Similarities } from "./policy-similarities.ts";
import type { TurnSignals } from "./turn-signals.ts";

/** What is known about the conversation before a turn, from deciding its earlier turns. */
export interface Running {
  /** Index of the last policy decided for; null before the first one. */
  readonly policy: number | null;
  /** Whether the turn just before was `other`. */
  readonly afterOther: boolean;
  /** Cosine of the turn with the user turn before it; 0 for the first. */
  readonly topic: number;
}

export interface TurnFacts {
  readonly signals: TurnSignals;
  readonly first: boolean;
  /** Best cosine with sentences that close a conversation, and that open one. */
  readonly likeClosing: number;
  readonly likeGreeting: number;
}

/** Inputs of the scorer's networks. The order is part of the trained weights. */
interface Features {
  /** One row a policy. */
  readonly policies: readonly (readonly number[])[];
  readonly turn: readonly number[];
}

export const POLICY_FEATURES = 41;
export const TURN_FEATURES = 38;

const flag = (value: boolean): number => (value ? 1 : 0);
const max = (values: readonly number[]): number => Math.max(...values);

/** Builds the inputs for one turn: each policy against its siblings, and the turn as a whole. */
export function buildFeatures(
  { policies }: EncodedPolicies,
  similarities: Similarities,
  facts: TurnFacts,
  running: Running,
): Features {
  const { signals, first } = facts;
  const { whole, withReply } = similarities;
  const catchAll = policies.map((policy) => flag(policy.catchAll));
  const anyCatchAll = max(catchAll);
  const bestWhole = max(whole);
  const ranked = whole.toSorted((a, b) => b - a);
  const short2 = flag(signals.words <= 2);
  const short5 = flag(signals.words <= 5);
  const short9 = flag(signals.words <= 9);
  const followUp = flag(signals.followUp);
  const closing = flag(signals.closing);
  const question = flag(signals.question);
  const afterOther = flag(running.afterOther);
  const wholeLeads = leads(whole);
  const replyLeads = leads(withReply);

  const columns = [
    ...[whole, similarities.name, similarities.description, withReply, similarities.withPrevious].map(centred),
    ...[whole, withReply, similarities.withPrevious],
    wholeLeads,
    ...[similarities.name, similarities.description].map(leads),
    replyLeads,
    leads(similarities.withPrevious),
    ...[centred(similarities.phrase), similarities.phrase, leads(similarities.phrase)],
    ...[centred(similarities.namedPhrase), similarities.namedPhrase, leads(similarities.namedPhrase)],
    leads(similarities.withReplyNamedPhrase),
    ...[centred(similarities.covered), similarities.covered, leads(similarities.covered)],
    ...[centred(similarities.covering), similarities.covering, leads(similarities.covering)],
    catchAll,
    catchAll.map((value) => value * bestWhole),
    catchAll.map((value) => (1 - value) * anyCatchAll),
  ];
  const rows = policies.map((_, index) => {
    const lead = [wholeLeads[index] ?? 0, replyLeads[index] ?? 0];
    const carried = [
      1,
      short2,
      short5,
      short9,
      followUp,
      question,
      running.topic,
      afterOther,
      bestWhole,
      ...lead,
      closing,
    ];
    return [
      ...columns.map((column) => column[index] ?? 0),
      ...carried.map((value) => (index === running.policy ? value : 0)),
    ];
  });

  const has = flag(running.policy !== null);
  const runningWhole = running.policy === null ? 0 : (whole[running.policy] ?? 0);
  const runningLead = running.policy === null ? 0 : (wholeLeads[running.policy] ?? 0);
  const turn = [
    ...[similarities.covered, similarities.covering, similarities.phrase, similarities.namedPhrase].map(max),
    ...[whole, similarities.name, similarities.description, withReply, similarities.withPrevious].map(max),
    (ranked[0] ?? 0) - (ranked.length > 1 ? (ranked[1] ?? 0) : 0),
    ranked.slice(0, 3).reduce((sum, value) => sum + value, 0) / Math.min(3, ranked.length),
    whole.reduce((sum, value) => sum + value, 0) / whole.length,
    closing,
    ...[signals.greeting, signals.praise, signals.thanks].map(flag),
    question,
    followUp,
    flag(first),
    ...[short2, short5, short9],
    flag(signals.words > 25),
    flag(signals.remaining <= 1),
    ...[facts.likeClosing, facts.likeGreeting],
    Math.log(policies.length) / 3,
    anyCatchAll,
    bestWhole * flag(!first),
    max(withReply) * flag(!first),
    ...[has, afterOther, running.topic, has * short5, runningWhole, runningLead, has * followUp, afterOther * short5],
  ];
  return { policies: rows, turn };
}

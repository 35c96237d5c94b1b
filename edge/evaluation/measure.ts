import type { RouterSettings } from "../routing/router-document.ts";
import type { Measured, Miss } from "./measured.schema.ts";
import { scoredTurns, type ScoredTurn } from "./scored-turns.ts";
import type { DecidedCase } from "./turns.ts";

const BINS = 10;
const MAX_PAIRS = 100;
const MAX_MISSES = 200;

/**
 * How well settings judge what the engine said. A turn without an expectation is left out; a span is a run of turns of
 * one expectation and right when all of them are; a conversation is right when all its turns that want a policy are,
 * and not counted when none does: as the routing benchmark counts.
 */
export function measure(cases: readonly DecidedCase[], settings: RouterSettings): Measured {
  const conversations = cases.map((decided) => ({ decided, turns: scoredTurns(decided, settings) }));
  const turns = conversations.flatMap((conversation) => conversation.turns);
  const wanted = conversations
    .map((conversation) => conversation.turns.filter(({ expected }) => expected !== "other"))
    .filter(({ length }) => length > 0);
  const spans = conversations.flatMap((conversation) => spansOf(conversation.turns));
  const misses = conversations.flatMap(({ decided, turns: of }) =>
    of.filter(isWrong).map((turn) => miss(decided, turn)),
  );
  return {
    turn: level(turns.map(({ right }) => right)),
    span: level(spans),
    conversation: level(wanted.map((of) => of.every(({ right }) => right))),
    abstentions: turns.filter(({ verdict }) => verdict.outcome === "unsure").length,
    failures: turns.filter(({ verdict }) => verdict.outcome === null).length,
    policies: perPolicy(turns),
    confusion: confusion(turns),
    reliability: reliability(turns),
    misses: misses.slice(0, MAX_MISSES),
  };
}

/** Engines that gave the readings, without repeats. */
export const enginesOf = (cases: readonly DecidedCase[]): string[] => [
  ...new Set(cases.flatMap(({ readings }) => readings.flatMap((read) => ("engine" in read ? [read.engine] : [])))),
];

const isWrong = ({ right }: ScoredTurn): boolean => !right;

const miss = ({ golden_case, name }: DecidedCase, { turn, expected, got }: ScoredTurn): Miss => ({
  golden_case,
  name,
  turn,
  expected,
  got,
});

function spansOf(turns: readonly ScoredTurn[]): boolean[] {
  const spans: { expected: string; right: boolean }[] = [];
  for (const { expected, right } of turns) {
    const last = spans.at(-1);
    if (last?.expected === expected) last.right &&= right;
    else spans.push({ expected, right });
  }
  return spans.map(({ right }) => right);
}

function level(rights: readonly boolean[]): Measured["turn"] {
  const right = rights.filter(Boolean).length;
  return { count: rights.length, right, accuracy: ratio(right, rights.length) };
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

function perPolicy(turns: readonly ScoredTurn[]): Measured["policies"] {
  const names = new Set(turns.flatMap(({ expected, got }) => (got === null ? [expected] : [expected, got])));
  return [...names].sort().map((policy) => {
    const expected = turns.filter((turn) => turn.expected === policy);
    const chosen = turns.filter(({ got }) => got === policy);
    const right = expected.filter((turn) => turn.right).length;
    const counts = { expected: expected.length, chosen: chosen.length, right };
    return { policy, ...counts, precision: ratio(right, chosen.length), recall: ratio(right, expected.length) };
  });
}

function confusion(turns: readonly ScoredTurn[]): Measured["confusion"] {
  const pairs = Map.groupBy(turns.filter(isWrong), ({ expected, got }) => JSON.stringify([expected, got]));
  return [...pairs.values()]
    .flatMap((of) => of.slice(0, 1).map(({ expected, got }) => ({ expected, got, count: of.length })))
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_PAIRS);
}

/** Of the turns that were decided, by how sure the router was. */
function reliability(turns: readonly ScoredTurn[]): Measured["reliability"] {
  const decided = turns.flatMap(({ verdict, got, right }) =>
    got === null || verdict.confidence === null ? [] : [{ confidence: verdict.confidence, right }],
  );
  const bins = Map.groupBy(decided, ({ confidence }) => Math.min(BINS - 1, Math.floor(confidence * BINS)));
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([bin, of]) => ({
      from: bin / BINS,
      to: (bin + 1) / BINS,
      count: of.length,
      mean_confidence: of.reduce((sum, { confidence }) => sum + confidence, 0) / of.length,
      accuracy: of.filter(({ right }) => right).length / of.length,
    }));
}

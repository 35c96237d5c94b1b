import type { Answer } from "./record.ts";

/** Null where a run chose nothing. */
type Choices = readonly [string | null, string | null];

export interface Agreement {
  /** User turns that both answered. */
  readonly turns: number;
  /** Share of them with the same choice, 0..1. */
  readonly same: number;
  /** Largest difference of two confidences in the same choice. */
  readonly largestConfidenceGap: number;
  /** Turns with different choices, by record. */
  readonly differing: readonly { readonly id: string; readonly turn: number; readonly choices: Choices }[];
}

/** Compares two runs over the same records. Throws when they are not over the same ones. */
export function agreement(left: ReadonlyMap<string, Answer>, right: ReadonlyMap<string, Answer>): Agreement {
  const alone = [...left.keys()].find((id) => !right.has(id)) ?? [...right.keys()].find((id) => !left.has(id));
  if (alone !== undefined) throw new Error(`only one of the two runs has an answer to ${alone}`);
  let turns = 0;
  let largestConfidenceGap = 0;
  const differing: { id: string; turn: number; choices: Choices }[] = [];
  for (const [id, ours] of left) {
    const theirs = right.get(id);
    if (ours.predictions.length !== theirs?.predictions.length)
      throw new Error(`${id} has other turns in the two runs`);
    ours.predictions.forEach((choice, turn) => {
      const other = theirs.predictions[turn] ?? null;
      turns += 1;
      if (choice !== other) differing.push({ id, turn, choices: [choice, other] });
      else largestConfidenceGap = Math.max(largestConfidenceGap, gap(ours, theirs, turn));
    });
  }
  if (turns === 0) throw new Error("the two runs hold no answers");
  return { turns, same: 1 - differing.length / turns, largestConfidenceGap, differing };
}

const gap = (ours: Answer, theirs: Answer, turn: number): number =>
  Math.abs((ours.confidences[turn] ?? 0) - (theirs.confidences[turn] ?? 0));

import type { RouterSettings } from "../routing/router-document.ts";
import { scoredTurns } from "./scored-turns.ts";
import type { DecidedCase } from "./turns.ts";

/** A turn that other settings judge otherwise. */
export interface Flip {
  readonly golden_case: string | null;
  readonly name: string | null;
  readonly turn: number;
  readonly expected: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** The scored turns whose outcome differs between two settings, in the order of the cases. */
export function flips(cases: readonly DecidedCase[], before: RouterSettings, after: RouterSettings): Flip[] {
  return cases.flatMap((decided) => {
    const { golden_case, name } = decided;
    const later = scoredTurns(decided, after);
    return scoredTurns(decided, before).flatMap(({ turn, expected, got: from }, place): Flip[] => {
      const to = later[place]?.got ?? null;
      return from === to ? [] : [{ golden_case, name, turn, expected, from, to }];
    });
  });
}

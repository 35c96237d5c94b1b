import type { Branch } from "./candidate-tree.ts";
import { TOKENS_A_REQUEST } from "./wire.ts";

/** Names that part further on than this are read there by another request: a whole answer is not much longer. */
export const MOST_PLACES = 8;

/** What is asked about the places from some branches on. */
export interface Ahead {
  /** Tokens whose log-probabilities are wanted. */
  readonly tokens: readonly number[];
  /** Places at most, one at least. */
  readonly places: number;
  /** Tokens after which nothing is left to read. */
  readonly until: readonly number[];
}

/**
 * As far as the names below these branches part. Nothing is left to read when the token is written that leads to one name
 * alone, unless that token is also on the way to names that part further on.
 */
export function lookAhead(branches: readonly Branch[]): Ahead {
  const tokens = new Set<number>();
  const leading = new Set<number>();
  const between = new Set<number>();
  let places = 1;
  const visit = (branch: Branch, from: number): void => {
    places = Math.max(places, branch.path.length - from + 1);
    for (const [token, below] of branch.next) {
      tokens.add(token);
      if (below.next === null || below.path.length - from >= MOST_PLACES) leading.add(token);
      else {
        for (const passed of below.path.slice(branch.path.length)) between.add(passed);
        visit(below, from);
      }
    }
  };
  for (const branch of branches) visit(branch, branch.path.length);
  if (places === 1 || tokens.size > TOKENS_A_REQUEST) {
    return { tokens: [...new Set(branches.flatMap(({ next }) => [...next.keys()]))], places: 1, until: [] };
  }
  const until = [...leading].filter((token) => !between.has(token));
  return { tokens: [...tokens], places, until };
}

/** One way of writing an option down, as the model's tokens. */
export interface Candidate {
  readonly option: number;
  readonly tokens: readonly number[];
}

/** A place in the answer where the tokens that may follow lead to different options. */
export interface Branch {
  /** Tokens of the answer before this place, from its beginning. */
  readonly path: readonly number[];
  readonly next: ReadonlyMap<number, Branch | Leaf>;
  /** All options below, once each. */
  readonly options: readonly number[];
}

/** A place after which only these options are possible: one, unless the tokenizer writes two of them alike. */
export interface Leaf {
  readonly next: null;
  readonly options: readonly number[];
}

/**
 * The tokens of all candidates as a tree of the places where they part. Tokens that all candidates of a place share
 * are no place of their own: there is nothing to read in them.
 */
export function createCandidateTree(candidates: readonly Candidate[]): Branch | Leaf {
  return grow(candidates, 0);
}

function grow(candidates: readonly Candidate[], depth: number): Branch | Leaf {
  const options = [...new Set(candidates.map(({ option }) => option))];
  const groups = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const token = candidate.tokens[depth];
    if (token === undefined) continue;
    const group = groups.get(token);
    if (group === undefined) groups.set(token, [candidate]);
    else group.push(candidate);
  }
  if (options.length < 2 || groups.size === 0) return { next: null, options };
  const [only] = groups.values();
  if (groups.size === 1 && only?.length === candidates.length) return grow(only, depth + 1);
  return {
    path: candidates[0]?.tokens.slice(0, depth) ?? [],
    next: new Map([...groups].map(([token, group]) => [token, grow(group, depth + 1)])),
    options,
  };
}

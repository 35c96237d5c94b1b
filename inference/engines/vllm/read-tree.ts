import { lookAhead } from "./look-ahead.ts";
import type { Ahead } from "./look-ahead.ts";
import type { Branch, Leaf } from "./candidate-tree.ts";
import type { Asked } from "./client.ts";
import type { Shares } from "./shares.ts";

/**
 * Mass that is worth another request, which reads how the options below a place share it; they share less alike. Of what
 * the model would write it takes little, for that has to be known.
 */
const LEAST_FOLLOWED = 0.1;
const LEAST_WRITTEN = 0.002;

/** A place that the model came to: the log-probabilities of the tokens asked about, and the one it wrote there. */
export interface Place {
  readonly logprobs: ReadonlyMap<number, number>;
  readonly written: number | undefined;
}

/** The places that the model comes to from the end of each path on, the first of each in all cases. */
export type ReadNext = (
  paths: readonly (readonly number[])[],
  ahead: Ahead,
) => Promise<Asked<readonly (readonly Place[])[]>>;

interface Reached {
  readonly branch: Branch;
  readonly mass: number;
}

/**
 * Follows the model's mass from the root of the tree to the options: one step where all first tokens differ. Where they
 * do not, the model goes on as far as the names it is likeliest to write part, a step a token; other names that still
 * have mass, and part further on, are read in one more request for all of them.
 */
export async function readTree(tree: Branch | Leaf, count: number, readNext: ReadNext): Promise<Asked<Shares>> {
  const weights = Array.from({ length: count }, () => 0);
  let outside = 0;
  const give = (options: readonly number[], mass: number): void => {
    for (const option of options) weights[option] = (weights[option] ?? 0) + mass / options.length;
  };
  if (tree.next === null) give(tree.options, 1);

  let further: Reached[] = tree.next === null ? [] : [{ branch: tree, mass: 1 }];
  /** How far greedy decoding has got. */
  let writing = tree;

  const follow = ({ branch, mass }: Reached, [place, ...later]: readonly Place[]): void => {
    if (place === undefined) throw new Error("a place that was not read");
    const { logprobs, written } = place;
    if (branch === writing) writing = branch.next.get(written ?? -1) ?? likeliest(branch, logprobs);
    let inside = 0;
    for (const [token, below] of branch.next) {
      const probability = Math.exp(logprobs.get(token) ?? -Infinity);
      inside += probability;
      const reached = mass * probability;
      if (below.next === null) give(below.options, reached);
      else {
        const there = token === written ? placesFrom(below, below.path.slice(branch.path.length + 1), later) : [];
        if (there.length > 0) follow({ branch: below, mass: reached }, there);
        else if (reached > (below === writing ? LEAST_WRITTEN : LEAST_FOLLOWED))
          further.push({ branch: below, mass: reached });
        else give(below.options, reached);
      }
    }
    outside += mass * Math.max(0, 1 - inside);
  };

  while (further.length > 0) {
    const reached = further;
    further = [];
    const branches = reached.map(({ branch }) => branch);
    const read = await readNext(
      branches.map(({ path }) => path),
      lookAhead(branches),
    );
    if (read.kind !== "answered") return read;
    for (const [index, one] of reached.entries()) follow(one, read.value[index] ?? []);
  }
  const written = writing.next === null ? writing.options[0] : undefined;
  return { kind: "answered", value: { weights, written, outside } };
}

/** What was read from a branch on, when the model wrote the tokens that lead to it without a choice. */
function placesFrom(branch: Branch, between: readonly number[], later: readonly Place[]): readonly Place[] {
  const there = later.slice(between.length);
  const wrote = between.every((token, index) => later[index]?.written === token);
  const whole = [...branch.next.keys()].every((token) => there[0]?.logprobs.has(token));
  return wrote && whole ? there : [];
}

/** Where greedy decoding goes on: of tokens that are exactly as likely it takes the first of the vocabulary. */
function likeliest({ next }: Branch, logprobs: ReadonlyMap<number, number>): Branch | Leaf {
  let best: { readonly token: number; readonly logprob: number; readonly below: Branch | Leaf } | undefined;
  for (const [token, below] of next) {
    const logprob = logprobs.get(token) ?? -Infinity;
    const before = best === undefined || logprob > best.logprob || (logprob === best.logprob && token < best.token);
    if (before) best = { token, logprob, below };
  }
  if (best === undefined) throw new Error("a branch without tokens");
  return best.below;
}

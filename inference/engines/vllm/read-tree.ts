import type { Branch, Leaf } from "./candidate-tree.ts";
import type { Asked } from "./client.ts";
import type { Shares } from "./shares.ts";

/** Mass that is not followed to its last token: it can't change which option leads, only cost another step. */
const NEGLIGIBLE = 0.002;

/** Log-probabilities of tokens at the place after each path, by token; all paths in one step of the model. */
export type ReadNext = (
  paths: readonly (readonly number[])[],
  tokens: readonly number[],
) => Promise<Asked<readonly ReadonlyMap<number, number>[]>>;

/**
 * Follows the model's mass from the root of the tree to the options: one step where all first tokens differ, one more
 * for each further token in which options that still have mass part. Nothing is generated.
 */
export async function readTree(tree: Branch | Leaf, count: number, readNext: ReadNext): Promise<Asked<Shares>> {
  const weights = Array.from({ length: count }, () => 0);
  let outside = 0;
  const give = (options: readonly number[], mass: number): void => {
    for (const option of options) weights[option] = (weights[option] ?? 0) + mass / options.length;
  };
  if (tree.next === null) give(tree.options, 1);

  let reached = tree.next === null ? [] : [{ branch: tree, mass: 1 }];
  /** How far greedy decoding has got. */
  let writing = tree;
  while (reached.length > 0) {
    const tokens = new Set(reached.flatMap(({ branch }) => [...branch.next.keys()]));
    const read = await readNext(
      reached.map(({ branch }) => branch.path),
      [...tokens],
    );
    if (read.kind !== "answered") return read;
    const further: { branch: Branch; mass: number }[] = [];
    for (const [place, { branch, mass }] of reached.entries()) {
      let inside = 0;
      const logprobs = read.value[place] ?? new Map<number, number>();
      if (branch === writing) writing = likeliest(branch, logprobs);
      for (const [token, below] of branch.next) {
        const probability = Math.exp(logprobs.get(token) ?? -Infinity);
        inside += probability;
        if (below.next !== null && mass * probability > NEGLIGIBLE)
          further.push({ branch: below, mass: mass * probability });
        else give(below.options, mass * probability);
      }
      outside += mass * Math.max(0, 1 - inside);
    }
    reached = further;
  }
  const written = writing.next === null ? writing.options[0] : undefined;
  return { kind: "answered", value: { weights, written, outside } };
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

import type { Policy } from "../../contract/index.ts";
import type { ServedEngine } from "../../decide/served-engine.ts";
import { ok } from "../../errors.ts";
import type { Result } from "../../errors.ts";
import type { DecideInput } from "../engine.ts";

/** Picks the policies that are worth asking about when there are more than one question takes. */
export interface Shortlist {
  /** Indexes of at most `count` policies, in published order. */
  readonly choose: (
    policies: readonly Policy[],
    input: DecideInput,
    count: number,
  ) => Promise<Result<readonly number[]>>;
  readonly prepare: (policies: readonly Policy[]) => Promise<unknown>;
}

/** The policies that the given engine, which reads any number of them, finds most probable. */
export function createShortlist(engine: Pick<ServedEngine, "decide" | "prepare">): Shortlist {
  return {
    choose: async (policies, input, count) => {
      const decided = await engine.decide(policies, input);
      if (!decided.ok) return decided;
      const best = policies
        .map((_, index) => ({ index, probability: decided.value.scores[index]?.probability ?? 0 }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, count);
      return ok(best.map(({ index }) => index).sort((a, b) => a - b));
    },
    prepare: engine.prepare,
  };
}

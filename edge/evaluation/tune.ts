import { meanEstimate, type Estimate } from "../rollouts/intervals.ts";
import type { RouterSettings } from "../routing/router-document.ts";
import { scoredTurns } from "./scored-turns.ts";
import { cheapest, minus, plus, tally, type Costs } from "./tally.ts";
import { tuningGrid, type Tunable, type TunableName } from "./tuning-grid.ts";
import type { DecidedCase } from "./turns.ts";

/** Parts that the cases are split into: each is judged by values that were chosen on the others. */
export const FOLDS = 5;

/** Turns that were decided, how many went wrong or unsure, and what they cost. */
export interface Charge {
  readonly turns: number;
  readonly wrong: number;
  readonly unsure: number;
  readonly cost: number;
}

export interface Tuned {
  readonly from: Tunable;
  /** What costs least on all cases; what the router has, where cases that were held out are not better off. */
  readonly to: Tunable;
  /** On cases that had no part in the choice: what the router has, and what is chosen in the same way. */
  readonly heldOut: {
    readonly before: Charge;
    readonly after: Charge;
    /** Of a case, on average; its turns depend on each other, cases do not. */
    readonly saved: Estimate;
  };
}

/**
 * Tunes a router's bias of `other` and its least confidence on cases whose right policies are known. Choosing on the
 * cases that one then counts promises too much, hence the held-out figures, and no change where they show no gain.
 */
export function tune(
  cases: readonly DecidedCase[],
  settings: RouterSettings,
  { costs, free }: { readonly costs: Costs; readonly free: readonly TunableName[] },
): Tuned {
  const grid = tuningGrid(settings, free);
  const folds = Array.from({ length: FOLDS }, (_, fold) =>
    tally(
      cases.filter((_case, place) => place % FOLDS === fold),
      settings,
      grid,
    ),
  );
  const all = folds.reduce(plus);
  const chosen = folds.map((held) => cheapest(minus(all, held), grid, costs));
  const pairs = cases.map((of, place) => ({
    before: charge(of, { ...settings, ...grid.from }, costs),
    after: charge(of, { ...settings, ...chosen[place % FOLDS] }, costs),
  }));
  const savings = pairs.map(({ before, after }) => before.cost - after.cost);
  const saved = meanEstimate({
    count: savings.length,
    sum: savings.reduce((sum, saving) => sum + saving, 0),
    squares: savings.reduce((sum, saving) => sum + saving ** 2, 0),
  }) ?? { of: 0, value: 0, low: null, high: null };
  return {
    from: grid.from,
    to: saved.value > 0 ? cheapest(all, grid, costs) : grid.from,
    heldOut: {
      before: total(pairs.map(({ before }) => before)),
      after: total(pairs.map(({ after }) => after)),
      saved,
    },
  };
}

function charge(decided: DecidedCase, settings: RouterSettings, costs: Costs): Charge {
  const turns = scoredTurns(decided, settings).filter(({ verdict }) => verdict.outcome !== null);
  const unsure = turns.filter(({ verdict }) => verdict.outcome === "unsure").length;
  const wrong = turns.filter(({ right, verdict }) => !right && verdict.outcome !== "unsure").length;
  return { turns: turns.length, wrong, unsure, cost: wrong * costs.wrong + unsure * costs.unsure };
}

const total = (charges: readonly Charge[]): Charge =>
  charges.reduce(
    (sum, { turns, wrong, unsure, cost }) => ({
      turns: sum.turns + turns,
      wrong: sum.wrong + wrong,
      unsure: sum.unsure + unsure,
      cost: sum.cost + cost,
    }),
    { turns: 0, wrong: 0, unsure: 0, cost: 0 },
  );

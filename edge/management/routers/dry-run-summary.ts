import type { Revision } from "./document-at.ts";
import type { DryRun, DryRunTurn } from "./dry-run.schema.ts";

/** What a dry run's turns come to. */
export function summary(from: Revision, to: Revision, data: DryRunTurn[]): DryRun {
  const priced = data.filter((turn) => turn.from.input_cost_usd !== null && turn.to.input_cost_usd !== null);
  const billed = data.flatMap(({ served, from: { cost_usd: was }, to: { cost_usd: is } }) =>
    typeof served?.cost_usd === "number" && was !== null && is !== null ? [{ served: served.cost_usd, was, is }] : [],
  );
  return {
    from,
    to,
    turns: data.length,
    policy_changes: data.filter((turn) => turn.policy_changed).length,
    model_changes: data.filter((turn) => turn.model_changed).length,
    input_cost_usd: {
      from: sum(priced.map((turn) => turn.from.input_cost_usd ?? 0)),
      to: sum(priced.map((turn) => turn.to.input_cost_usd ?? 0)),
    },
    cost_usd: {
      turns: billed.length,
      served: sum(billed.map(({ served }) => served)),
      from: sum(billed.map(({ was }) => was)),
      to: sum(billed.map(({ is }) => is)),
    },
    data,
    flips: data.filter((turn) => turn.policy_changed || turn.model_changed),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

import { compareEngines, engineRanks, type EngineTotals } from "../../rollouts/compare-engines.ts";
import type { TenantContext } from "../context.ts";
import type { ComparisonView } from "./comparison.schema.ts";
import type { ArmsSlice } from "./comparison.store.ts";
import { engineKinds, engineTimes, engineTotals } from "./engine-comparison.store.ts";

/** The arms of a router model's rollout beside each other: its decisions, not what was served after them. */
export async function engineMeasures(
  { deps, scope }: TenantContext,
  arms: readonly string[],
  slice: ArmsSlice,
): Promise<Pick<ComparisonView, "arms" | "measures">> {
  const { api } = deps.db;
  const [totalRows, kindRows] = await Promise.all([
    api.read(scope, (db) => engineTotals(db, slice)),
    api.read(scope, (db) => engineKinds(db, slice)),
  ]);
  const totals = totalRows.map(totalsOf);
  const kinds = kindRows.map((kind) => ({ ...kind, requests: Number(kind.requests) }));
  const ranks = engineRanks(totals);
  const times = ranks.length === 0 ? [] : await api.read(scope, (db) => engineTimes(db, slice, ranks));
  const measures = compareEngines(
    arms,
    totals,
    kinds,
    times.map((time) => ({ ...time, rank: Number(time.rank) })),
  );
  const counted = (arm: string) => {
    const own = totals.find((one) => one.arm === arm);
    const cuts = kinds.filter((kind) => kind.arm === arm && kind.of === "censored");
    return {
      requests: own?.requests ?? 0,
      aborted: 0,
      censored: own?.censored ?? 0,
      censored_by: Object.fromEntries(cuts.map(({ name, requests }) => [name, requests])),
      cost_usd: own?.spent ?? 0,
    };
  };
  return { arms: Object.fromEntries(arms.map((arm) => [arm, counted(arm)])), measures };
}

type TotalsRow = Awaited<ReturnType<typeof engineTotals>>[number];

const totalsOf = (row: TotalsRow): EngineTotals => ({
  arm: row.arm,
  requests: Number(row.requests),
  failed: Number(row.failed),
  censored: Number(row.censored),
  spent: row.spent,
  paired: Number(row.paired),
  agreed: Number(row.agreed),
  timed: Number(row.timed),
  moments: {
    confidence: { count: Number(row.confidenceCount), sum: row.confidenceSum, squares: row.confidenceSquares },
    routing_input_tokens: { count: Number(row.inputCount), sum: row.inputSum, squares: row.inputSquares },
    routing_output_tokens: { count: Number(row.outputCount), sum: row.outputSum, squares: row.outputSquares },
    routing_cost_usd: { count: Number(row.costCount), sum: row.costSum, squares: row.costSquares },
  },
});

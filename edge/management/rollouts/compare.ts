import { ok, refuse, type Result } from "../../errors.ts";
import { compareArms, ranksToRead, type ArmTotals } from "../../rollouts/compare-arms.ts";
import { CONFIDENCE } from "../../rollouts/intervals.ts";
import type { TenantContext } from "../context.ts";
import { iso } from "../text.ts";
import { armKinds, armScores, armTimes, armTotals } from "./comparison.store.ts";
import type { ComparisonView } from "./comparison.schema.ts";
import { rolloutById, rolloutRow } from "./rollouts.store.ts";
import { rolloutView } from "./view.ts";

const ARMS = ["control", "candidate"] as const;

/** The arms of a rollout beside each other, from the receipts there are now; ended rollouts too. */
export async function compareRollout(context: TenantContext, id: string): Promise<Result<ComparisonView>> {
  const { deps, scope, tenantId } = context;
  const { api } = deps.db;
  const [found] = await api.read(scope, (db) => rolloutById(db, tenantId, id));
  if (found === undefined) return refuse("not_found");
  const row = rolloutRow(found);
  const asOf = new Date(deps.now()).toISOString();
  const slice = { tenantId, arms: ARMS.map((arm) => `${arm}@${id}`), since: iso(row.createdAt) };
  const exceptInference = row.guardrails.feedback_score?.exclude_inference_feedback === true;
  const [totalRows, kinds, scores] = await Promise.all([
    api.read(scope, (db) => armTotals(db, slice)),
    api.read(scope, (db) => armKinds(db, slice)),
    api.read(scope, (db) => armScores(db, slice, exceptInference)),
  ]);
  const totals = totalRows.map(totalsOf);
  const ranks = ranksToRead(totals);
  const times = ranks.length === 0 ? [] : await api.read(scope, (db) => armTimes(db, slice, ranks));
  const measures = compareArms(ARMS, {
    totals,
    kinds: kinds.map((kind) => ({ ...kind, requests: Number(kind.requests) })),
    scores: scores.map((score) => ({ ...score, count: Number(score.count) })),
    times: times.map((time) => ({ ...time, rank: Number(time.rank) })),
  });
  return ok({
    rollout: rolloutView(row),
    as_of: asOf,
    confidence: CONFIDENCE,
    arms: Object.fromEntries(ARMS.map((arm) => [arm, counted(totals.find((one) => one.arm === arm))])),
    measures,
  });
}

const counted = (totals: ArmTotals | undefined) => ({
  requests: totals?.requests ?? 0,
  aborted: totals?.aborted ?? 0,
});

type TotalsRow = Awaited<ReturnType<typeof armTotals>>[number];

const totalsOf = (row: TotalsRow): ArmTotals => ({
  arm: row.arm,
  requests: Number(row.requests),
  aborted: Number(row.aborted),
  failed: Number(row.failed),
  completed: Number(row.completed),
  moments: {
    input_tokens: { count: Number(row.inputCount), sum: row.inputSum, squares: row.inputSquares },
    output_tokens: { count: Number(row.outputCount), sum: row.outputSum, squares: row.outputSquares },
    cost_usd: { count: Number(row.costCount), sum: row.costSum, squares: row.costSquares },
  },
  timed: { first_byte: Number(row.firstByte), total: Number(row.total) },
});

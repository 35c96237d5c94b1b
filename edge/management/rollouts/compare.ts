import { ok, refuse, type Result } from "../../errors.ts";
import { compareArms, ranksToRead, type ArmKind, type ArmTotals } from "../../rollouts/compare-arms.ts";
import { rolloutGuardrailStates, type ArmBatch } from "../../rollouts/judge-rollout.ts";
import type { GuardrailState } from "../../rollouts/guardrails.ts";
import { judgedUntil } from "../../rollouts/judged-until.ts";
import { CONFIDENCE } from "../../rollouts/intervals.ts";
import type { TenantContext } from "../context.ts";
import { iso } from "../text.ts";
import { engineMeasures } from "./compare-engines.ts";
import {
  armBatches,
  armKinds,
  armScores,
  armTimes,
  armTotals,
  feedbackBatches,
  type ArmsSlice,
} from "./comparison.store.ts";
import type { ComparisonQuery, ComparisonView } from "./comparison.schema.ts";
import { rolloutById, rolloutRow, type RolloutRow } from "./rollouts.store.ts";
import { rolloutView } from "./view.ts";

/** In the order they are shown; copies are an arm where there are any to come or have been. */
const armsOf = ({ shadow, shadowDay }: RolloutRow): string[] =>
  shadow === null && shadowDay === null ? ["control", "candidate"] : ["control", "candidate", "shadow"];

/** A comparison with what its report draws beside it. */
export interface DetailedComparison {
  readonly view: ComparisonView;
  readonly guardrails: readonly GuardrailState[];
  readonly batches: readonly ArmBatch[];
}

/** The arms of a rollout beside each other, from the receipts there are now; ended rollouts too. */
export async function compareRollout(
  context: TenantContext,
  id: string,
  query: ComparisonQuery,
): Promise<Result<ComparisonView>> {
  const compared = await compareInDetail(context, id, query);
  return compared.ok ? ok(compared.value.view) : compared;
}

export async function compareInDetail(
  context: TenantContext,
  id: string,
  { exclude_inference_feedback: exclude }: ComparisonQuery,
): Promise<Result<DetailedComparison>> {
  const { deps, scope, tenantId } = context;
  const { api } = deps.db;
  const [found] = await api.read(scope, (db) => rolloutById(db, tenantId, id));
  if (found === undefined) return refuse("not_found");
  const row = rolloutRow(found);
  const asOf = new Date(deps.now()).toISOString();
  const arms = armsOf(row);
  const slice = { tenantId, arms: arms.map((arm) => `${arm}@${id}`), since: iso(row.createdAt) };
  const guarded = row.guardrails.feedback_score?.exclude_inference_feedback === true;
  const exceptInference = exclude === undefined ? guarded : exclude === "true";
  const before = new Date(judgedUntil(deps.now())).toISOString();
  const [compared, rows, given] = await Promise.all([
    row.policy === null ? engineMeasures(context, arms, slice) : answerMeasures(context, arms, slice, exceptInference),
    api.read(scope, (db) => armBatches(db, id, before)),
    api.read(scope, (db) => feedbackBatches(db, id, before)),
  ]);
  const guardrails = rolloutGuardrailStates(row.guardrails, { rows, feedback: given });
  const view: ComparisonView = {
    rollout: rolloutView(row),
    as_of: asOf,
    confidence: CONFIDENCE,
    arms: compared.arms,
    guardrails: guardrails.map(({ guardrail, state, requests, chance, breach_at }) => ({
      guardrail,
      state,
      requests,
      chance,
      breach_at,
    })),
    measures: compared.measures,
  };
  return ok({ view, guardrails, batches: rows });
}

/** The arms of a policy's rollout: what was answered. */
async function answerMeasures(
  { deps, scope }: TenantContext,
  arms: readonly string[],
  slice: ArmsSlice,
  exceptInference: boolean,
): Promise<Pick<ComparisonView, "arms" | "measures">> {
  const { api } = deps.db;
  const [totalRows, kinds, scores] = await Promise.all([
    api.read(scope, (db) => armTotals(db, slice)),
    api.read(scope, (db) => armKinds(db, slice)),
    api.read(scope, (db) => armScores(db, slice, exceptInference)),
  ]);
  const totals = totalRows.map(totalsOf);
  const counts = kinds.map((kind) => ({ ...kind, requests: Number(kind.requests) }));
  const ranks = ranksToRead(totals);
  const times = ranks.length === 0 ? [] : await api.read(scope, (db) => armTimes(db, slice, ranks));
  const measures = compareArms(arms, {
    totals,
    kinds: counts,
    scores: scores.map((score) => ({ ...score, count: Number(score.count) })),
    times: times.map((time) => ({ ...time, rank: Number(time.rank) })),
  });
  return { arms: Object.fromEntries(arms.map((arm) => [arm, counted(arm, totals, counts)])), measures };
}

function counted(arm: string, totals: readonly ArmTotals[], kinds: readonly ArmKind[]) {
  const own = totals.find((one) => one.arm === arm);
  const cuts = kinds.filter((kind) => kind.arm === arm && kind.of === "censored");
  return {
    requests: own?.requests ?? 0,
    aborted: own?.aborted ?? 0,
    censored: own?.censored ?? 0,
    censored_by: Object.fromEntries(cuts.map(({ name, requests }) => [name, requests])),
    cost_usd: own?.spent ?? 0,
  };
}

type TotalsRow = Awaited<ReturnType<typeof armTotals>>[number];

const totalsOf = (row: TotalsRow): ArmTotals => ({
  arm: row.arm,
  requests: Number(row.requests),
  aborted: Number(row.aborted),
  censored: Number(row.censored),
  failed: Number(row.failed),
  completed: Number(row.completed),
  spent: row.spent,
  moments: {
    input_tokens: { count: Number(row.inputCount), sum: row.inputSum, squares: row.inputSquares },
    output_tokens: { count: Number(row.outputCount), sum: row.outputSum, squares: row.outputSquares },
    cost_usd: { count: Number(row.costCount), sum: row.costSum, squares: row.costSquares },
  },
  timed: { first_byte: Number(row.firstByte), total: Number(row.total) },
});

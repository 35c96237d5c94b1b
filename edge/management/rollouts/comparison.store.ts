import { and, desc, eq, gte, inArray, sql, type SQL } from "drizzle-orm";
import type { Reader } from "../../db/client.ts";
import { decisions, feedback } from "../../db/schema.ts";
import type { ArmBatch, FeedbackBatch } from "../../rollouts/judge-rollout.ts";
import type { ArmKind, ArmRank, Latency } from "../../rollouts/compare-arms.ts";

/** A rollout's arms as receipts name them, and since when there are any. */
export interface ArmsSlice {
  readonly tenantId: string;
  readonly arms: readonly string[];
  /** ISO 8601. */
  readonly since: string;
}

/** Kinds of error, finish reasons or metrics that are told apart at most: providers and clients name some of them. */
const MAX_NAMES = 40;

const ARM = sql<string>`split_part(${decisions.arm}, '@', 1)`;
const status = decisions.requestStatus;
const JUDGED = sql`${status} in ('completed', 'failed', 'interrupted')`;
const COMPLETED = sql`${status} = 'completed'`;
/** What the guardrail on errors counts: failed, broke off, or was served only after a failed attempt. */
const FAILED = sql`(${status} in ('failed', 'interrupted') or (${COMPLETED} and ${decisions.attempts} > 1))`;
const timeOf = (latency: Latency): SQL => sql`(${decisions.timingsMs} ->> ${sql.raw(`'${latency}'`)})::float8`;
const moments = (value: SQL) => ({
  count: sql<string>`count(${value}) filter (where ${JUDGED})`,
  sum: sql<number>`coalesce(sum((${value})::float8) filter (where ${JUDGED}), 0)`,
  squares: sql<number>`coalesce(sum((${value})::float8 * (${value})::float8) filter (where ${JUDGED}), 0)`,
});

function completionsOf({ tenantId, arms, since }: ArmsSlice): SQL | undefined {
  return and(
    eq(decisions.tenantId, tenantId),
    // The arms tell copies from what was asked.
    inArray(decisions.kind, ["completion", "shadow"]),
    inArray(decisions.arm, [...arms]),
    // Partitions of earlier days hold none; an id may be a moment younger than its request.
    sql`${decisions.day} >= ${since}::date - 1`,
  );
}

/** Counts, and moments of tokens and cost, by arm. */
export const armTotals = (db: Reader, slice: ArmsSlice) => {
  const input = moments(sql`${decisions.inputTokens}`);
  const output = moments(sql`${decisions.outputTokens}`);
  const cost = moments(sql`${decisions.costUsd}`);
  return db
    .select({
      arm: ARM,
      requests: sql<string>`count(*) filter (where ${JUDGED})`,
      aborted: sql<string>`count(*) filter (where ${status} = 'aborted')`,
      censored: sql<string>`count(*) filter (where ${status} = 'censored')`,
      failed: sql<string>`count(*) filter (where ${FAILED})`,
      completed: sql<string>`count(*) filter (where ${COMPLETED})`,
      firstByte: sql<string>`count(${timeOf("first_byte")}) filter (where ${COMPLETED})`,
      total: sql<string>`count(${timeOf("total")}) filter (where ${COMPLETED})`,
      inputCount: input.count,
      inputSum: input.sum,
      inputSquares: input.squares,
      outputCount: output.count,
      outputSum: output.sum,
      outputSquares: output.squares,
      spent: sql<number>`coalesce(sum(${decisions.costUsd}), 0)`,
      costCount: cost.count,
      costSum: cost.sum,
      costSquares: cost.squares,
    })
    .from(decisions)
    .where(completionsOf(slice))
    .groupBy(sql`1`);
};

/** Requests by kind of error, by finish reason and by what cut copies off, the most frequent first. */
export const armKinds = (db: Reader, slice: ArmsSlice) => {
  const of = sql<
    ArmKind["of"]
  >`case when ${status} = 'censored' then 'censored' when ${FAILED} then 'error' else 'finish_reason' end`;
  const name = sql<string>`case when ${COMPLETED} and ${decisions.attempts} > 1 then 'retried'
    when ${COMPLETED} then coalesce(${decisions.finishReason}, 'unknown')
    else coalesce(${decisions.errorCode}, 'unknown') end`;
  return db
    .select({ arm: ARM, of, name, requests: sql<string>`count(*)` })
    .from(decisions)
    .where(and(completionsOf(slice), sql`(${JUDGED} or ${status} = 'censored')`))
    .groupBy(sql`1, 2, 3`)
    .orderBy(desc(sql`count(*)`), sql`1, 2, 3`)
    .limit(MAX_NAMES);
};

/** Milliseconds of completed requests, those at the given places in the order of their arm. */
export const armTimes = (db: Reader, slice: ArmsSlice, ranks: readonly ArmRank[]) => {
  const measured = db
    .select({
      arm: sql<string>`${ARM}`.as("measured_arm"),
      latency: sql<Latency>`time.latency`.as("latency"),
      ms: sql<number>`time.ms`.as("ms"),
      rank: sql<string>`row_number() over (partition by ${ARM}, time.latency order by time.ms)`.as("rank"),
    })
    .from(decisions)
    .innerJoin(
      sql`lateral (values ('first_byte', ${timeOf("first_byte")}), ('total', ${timeOf("total")})) as time (latency, ms)`,
      sql`time.ms is not null`,
    )
    .where(and(completionsOf(slice), COMPLETED))
    .as("measured");
  const wanted = JSON.stringify(ranks);
  return db
    .select({ arm: measured.arm, latency: measured.latency, ms: measured.ms, rank: measured.rank })
    .from(measured)
    .where(
      sql`(${measured.arm}, ${measured.latency}, ${measured.rank}) in (
        select w.arm, w.latency, w.rank from jsonb_to_recordset(${wanted}::jsonb) as w (arm text, latency text, rank bigint)
      )`,
    );
};

/** Moments of the scores of each arm's requests by metric; a request has one score, the mean of its senders'. */
export const armScores = (db: Reader, { tenantId, arms, since }: ArmsSlice, exceptInference: boolean) => {
  const scored = db
    .select({
      arm: sql<string>`split_part(${feedback.arm}, '@', 1)`.as("scored_arm"),
      metric: feedback.metric,
      score: sql<number>`avg(${feedback.score})`.as("mean_score"),
    })
    .from(feedback)
    .where(
      and(
        eq(feedback.tenantId, tenantId),
        inArray(feedback.arm, [...arms]),
        gte(feedback.decisionDay, sql`${since}::date - 1`),
        exceptInference ? eq(feedback.source, "webhook") : undefined,
      ),
    )
    .groupBy(feedback.arm, feedback.metric, feedback.decisionId)
    .as("scored");
  return db
    .select({
      arm: scored.arm,
      metric: scored.metric,
      count: sql<string>`count(*)`,
      sum: sql<number>`sum(${scored.score})`,
      squares: sql<number>`sum(${scored.score} * ${scored.score})`,
    })
    .from(scored)
    .groupBy(scored.arm, scored.metric)
    .orderBy(scored.metric, scored.arm)
    .limit(MAX_NAMES);
};

/** What the arms did in the batches that were over at `before` (ISO 8601), as the guardrails see it. */
export const armBatches = (db: Reader, id: string, before: string) =>
  db
    .select({
      batch: sql<string>`b.batch::text`,
      arm: sql<string>`b.arm`,
      requests: sql<number>`b.requests`,
      failed: sql<number>`b.failed`,
      slow_first_byte: sql<number>`b.slow_first_byte`,
      slow_total: sql<number>`b.slow_total`,
      costed: sql<number>`b.costed`,
      cost: sql<number>`b.cost`,
      cost_squares: sql<number>`b.cost_squares`,
    } satisfies Record<keyof ArmBatch, SQL>)
    .from(sql`signalbox.own_rollout_batches(${id}, ${before}) as b`);

/** Feedback that came in during the batches that were over at `before`, as the guardrail on it sees it. */
export const feedbackBatches = (db: Reader, id: string, before: string) =>
  db
    .select({
      batch: sql<string>`f.batch::text`,
      arm: sql<string>`f.arm`,
      scored: sql<number>`f.scored`,
      score: sql<number>`f.score`,
      score_squares: sql<number>`f.score_squares`,
    } satisfies Record<keyof FeedbackBatch, SQL>)
    .from(sql`signalbox.own_rollout_feedback(${id}, ${before}) as f`);

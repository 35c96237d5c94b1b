import { and, desc, eq, inArray, sql, type SQL } from "drizzle-orm";
import type { Reader } from "../../db/client.ts";
import { decisions } from "../../db/schema.ts";
import type { EngineKind, EngineRank } from "../../rollouts/compare-engines.ts";
import type { ArmsSlice } from "./comparison.store.ts";

const ARM = sql<string>`split_part(${decisions.routingArm}, '@', 1)`;
const CENSORED = sql`${decisions.requestStatus} = 'censored'`;
/** What was remembered was decided once before. */
const ASKED = sql`(not ${CENSORED} and ${decisions.source} <> 'memo')`;
const FAILED = sql`(${ASKED} and ${decisions.source} like 'fallback:%')`;
const DECIDED = sql`(${ASKED} and ${decisions.source} = 'engine')`;
const DECIDE_MS = sql`(${decisions.timingsMs} ->> 'decide')::float8`;
const moments = (value: SQL) => ({
  count: sql<string>`count(${value}) filter (where ${DECIDED})`,
  sum: sql<number>`coalesce(sum((${value})::float8) filter (where ${DECIDED}), 0)`,
  squares: sql<number>`coalesce(sum((${value})::float8 * (${value})::float8) filter (where ${DECIDED}), 0)`,
});

const decisionsOf = ({ tenantId, arms, since }: ArmsSlice): SQL | undefined =>
  and(
    eq(decisions.tenantId, tenantId),
    inArray(decisions.routingArm, [...arms]),
    // Partitions of earlier days hold none; an id may be a moment younger than its request.
    sql`${decisions.day} >= ${since}::date - 1`,
  );

/** Counts, and moments of confidence, tokens and cost, by arm of a router model's rollout. */
export const engineTotals = (db: Reader, slice: ArmsSlice) => {
  const confidence = moments(sql`${decisions.confidence}`);
  const input = moments(sql`${decisions.routingInputTokens}`);
  const output = moments(sql`${decisions.routingOutputTokens}`);
  const cost = moments(sql`${decisions.routingCostUsd}`);
  return db
    .select({
      arm: ARM,
      requests: sql<string>`count(*) filter (where ${ASKED})`,
      failed: sql<string>`count(*) filter (where ${FAILED})`,
      censored: sql<string>`count(*) filter (where ${CENSORED})`,
      spent: sql<number>`coalesce(sum(${decisions.routingCostUsd}), 0)`,
      paired: sql<string>`count(${decisions.agrees}) filter (where ${ASKED})`,
      agreed: sql<string>`count(*) filter (where ${ASKED} and ${decisions.agrees})`,
      timed: sql<string>`count(${DECIDE_MS}) filter (where ${DECIDED})`,
      confidenceCount: confidence.count,
      confidenceSum: confidence.sum,
      confidenceSquares: confidence.squares,
      inputCount: input.count,
      inputSum: input.sum,
      inputSquares: input.squares,
      outputCount: output.count,
      outputSum: output.sum,
      outputSquares: output.squares,
      costCount: cost.count,
      costSum: cost.sum,
      costSquares: cost.squares,
    })
    .from(decisions)
    .where(decisionsOf(slice))
    .groupBy(sql`1`);
};

/** Decisions by outcome, by way of failing and by what kept copies from being made, the most frequent first. */
export const engineKinds = (db: Reader, slice: ArmsSlice) => {
  const of = sql<EngineKind["of"]>`case when ${CENSORED} then 'censored' when ${FAILED} then 'fallback'
    else 'outcome' end`;
  const name = sql<string>`case when ${CENSORED} then coalesce(${decisions.errorCode}, 'unknown')
    when ${FAILED} then split_part(${decisions.source}, ':', 2) else coalesce(${decisions.outcome}, 'unknown') end`;
  return db
    .select({ arm: ARM, of, name, requests: sql<string>`count(*)` })
    .from(decisions)
    .where(and(decisionsOf(slice), sql`(${ASKED} or ${CENSORED})`))
    .groupBy(sql`1, 2, 3`)
    .orderBy(desc(sql`count(*)`), sql`1, 2, 3`);
};

/** Milliseconds of decisions, those at the given places in the order of their arm. */
export const engineTimes = (db: Reader, slice: ArmsSlice, ranks: readonly EngineRank[]) => {
  const measured = db
    .select({
      arm: sql<string>`${ARM}`.as("measured_arm"),
      ms: sql<number>`${DECIDE_MS}`.as("ms"),
      rank: sql<string>`row_number() over (partition by ${ARM} order by ${DECIDE_MS})`.as("rank"),
    })
    .from(decisions)
    .where(and(decisionsOf(slice), DECIDED, sql`${DECIDE_MS} is not null`))
    .as("measured");
  return db
    .select({ arm: measured.arm, ms: measured.ms, rank: measured.rank })
    .from(measured)
    .where(
      sql`(${measured.arm}, ${measured.rank}) in (
        select w.arm, w.rank from jsonb_to_recordset(${JSON.stringify(ranks)}::jsonb) as w (arm text, rank bigint)
      )`,
    );
};

import { and, eq, gte, lt, sql } from "drizzle-orm";
import type { Reader } from "../../db/client.ts";
import { usageStale } from "../../db/schema.ts";
import type { UsageGroup } from "./schema.ts";
import type { Sources, Span } from "./sources.ts";

const COLUMNS = { model: "model", policy: "policy", key: "key_id", router: "router" } as const;

export interface UsageSlice {
  readonly groups: readonly UsageGroup[];
  readonly bucket: "hour" | "day";
  /** Where what happened when is read from. */
  readonly sources: Sources;
  /** Rows at most. */
  readonly limit: number;
}

/** Hours (ISO 8601 instants they begin at) between two instants whose sums are not up to date, in order. */
export const staleHours = (db: Reader, tenantId: string, { from, to }: Span) =>
  db
    .select({ hour: usageStale.hour })
    .from(usageStale)
    .where(and(eq(usageStale.tenantId, tenantId), gte(usageStale.hour, from), lt(usageStale.hour, to)))
    .orderBy(usageStale.hour);

/**
 * Sums over the tenant's requests by bucket and group, oldest first: of hourly sums, and of the rows of decisions where
 * those are not up to date. Percentiles are bins of `signalbox.latency_bin`, the ones of nearest rank.
 */
export function usageRows(db: Reader, tenantId: string, { groups, bucket, sources, limit }: UsageSlice) {
  const column = (group: UsageGroup) => sql.raw(groups.includes(group) ? `part.${COLUMNS[group]}` : "null::text");
  const instants = (values: readonly string[]) => sql`${JSON.stringify(values)}::jsonb`;
  const { sums, rows } = sources;
  const usage = sql`(
    with part as (
      select s.* from signalbox.usage_hourly s
      where s.tenant_id = ${tenantId} and s.hour >= ${sums.from} and s.hour < ${sums.to}
        and not ${instants(sums.except)} ? to_char(s.hour at time zone 'UTC', ${ISO})
      union all
      select o.* from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as span,
        signalbox.usage_of(${tenantId}, (span ->> 'from')::timestamptz, (span ->> 'to')::timestamptz) as o
    ), grouped as (
      select date_trunc(${sql.raw(`'${bucket}'`)}, part.hour, 'UTC') as start, ${column("model")} as model,
        ${column("policy")} as policy, ${column("key")} as key, ${column("router")} as router,
        sum(requests) as requests, sum(errors) as errors, sum(estimated) as estimated,
        sum(input_tokens) as input_tokens, sum(cached_input_tokens) as cached_input_tokens,
        sum(output_tokens) as output_tokens, sum(reasoning_tokens) as reasoning_tokens, sum(cost_usd) as cost_usd,
        sum(routing_input_tokens) as routing_input_tokens,
        sum(routing_cached_input_tokens) as routing_cached_input_tokens,
        sum(routing_output_tokens) as routing_output_tokens, sum(routing_cost_usd) as routing_cost_usd,
        sum(shadow_requests) as shadow_requests, sum(shadow_input_tokens) as shadow_input_tokens,
        sum(shadow_output_tokens) as shadow_output_tokens, sum(shadow_cost_usd) as shadow_cost_usd,
        sum(trial_decisions) as trial_decisions, sum(trial_input_tokens) as trial_input_tokens,
        sum(trial_cached_input_tokens) as trial_cached_input_tokens, sum(trial_output_tokens) as trial_output_tokens,
        sum(trial_cost_usd) as trial_cost_usd, jsonb_agg(latency) as latencies
      from part group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5 limit ${limit}
    )
    select to_char(start at time zone 'UTC', ${ISO}) as bucket, grouped.*, latency.*
    from grouped, lateral (
      select min(bin) filter (where upto >= 0.5 * whole) as p50_bin, min(bin) filter (where upto >= 0.95 * whole) as p95_bin
      from (
        select b.bin::integer, sum(sum(b.requests::bigint)) over (order by b.bin::integer) as upto,
          sum(sum(b.requests::bigint)) over () as whole
        from jsonb_array_elements(latencies) as h (bins), jsonb_each_text(h.bins) as b (bin, requests) group by 1
      ) as counted
    ) as latency
  ) as usage`;
  return db
    .select({
      bucket: sql<string>`bucket`,
      model: sql<string | null>`model`,
      policy: sql<string | null>`policy`,
      key: sql<string | null>`key`,
      router: sql<string | null>`router`,
      requests: sql<string>`requests`,
      errors: sql<string>`errors`,
      estimated: sql<string>`estimated`,
      inputTokens: sql<string>`input_tokens`,
      cachedInputTokens: sql<string>`cached_input_tokens`,
      outputTokens: sql<string>`output_tokens`,
      reasoningTokens: sql<string>`reasoning_tokens`,
      costUsd: sql<string>`cost_usd`,
      routingInputTokens: sql<string>`routing_input_tokens`,
      routingCachedInputTokens: sql<string>`routing_cached_input_tokens`,
      routingOutputTokens: sql<string>`routing_output_tokens`,
      routingCostUsd: sql<string>`routing_cost_usd`,
      shadowRequests: sql<string>`shadow_requests`,
      shadowInputTokens: sql<string>`shadow_input_tokens`,
      shadowOutputTokens: sql<string>`shadow_output_tokens`,
      shadowCostUsd: sql<string>`shadow_cost_usd`,
      trialDecisions: sql<string>`trial_decisions`,
      trialInputTokens: sql<string>`trial_input_tokens`,
      trialCachedInputTokens: sql<string>`trial_cached_input_tokens`,
      trialOutputTokens: sql<string>`trial_output_tokens`,
      trialCostUsd: sql<string>`trial_cost_usd`,
      p50Bin: sql<number | null>`p50_bin`,
      p95Bin: sql<number | null>`p95_bin`,
    })
    .from(usage)
    .orderBy(sql`start, model, policy, key, router`);
}

const ISO = sql.raw(`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`);

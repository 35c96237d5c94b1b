import { and, eq, gte, lt, sql } from "drizzle-orm";
import type { Reader } from "../../db/client.ts";
import { decisions } from "../../db/schema.ts";
import type { UsageGroup } from "./schema.ts";

const COLUMNS = {
  model: decisions.model,
  policy: decisions.policy,
  key: decisions.keyId,
  router: decisions.router,
} as const;

export interface UsageSlice {
  readonly groups: readonly UsageGroup[];
  readonly bucket: "hour" | "day";
  /** ISO 8601; `to` is not included. */
  readonly from: string;
  readonly to: string;
  /** Rows at most. */
  readonly limit: number;
}

/** Sums over the tenant's completions, from their receipts, by bucket and group, oldest first. */
export function usageRows(db: Reader, tenantId: string, { groups, bucket, from, to, limit }: UsageSlice) {
  const start = sql<string>`to_char(date_trunc(${sql.raw(`'${bucket}'`)}, ${decisions.createdAt}, 'UTC') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const grouped = (group: UsageGroup) => (groups.includes(group) ? COLUMNS[group] : sql<null>`null`);
  const quantile = (share: number) =>
    sql<
      number | null
    >`percentile_cont(${sql.raw(String(share))}) within group (order by (${decisions.timingsMs} ->> 'total')::float8)`;

  return db
    .select({
      bucket: start,
      model: sql<string | null>`${grouped("model")}`,
      policy: sql<string | null>`${grouped("policy")}`,
      key: sql<string | null>`${grouped("key")}`,
      router: sql<string | null>`${grouped("router")}`,
      requests: sql<string>`count(*)`,
      errors: sql<string>`count(*) filter (where ${decisions.requestStatus} in ('failed', 'interrupted'))`,
      inputTokens: sql<string>`coalesce(sum(${decisions.inputTokens}), 0)`,
      cachedInputTokens: sql<string>`coalesce(sum(${decisions.cachedInputTokens}), 0)`,
      outputTokens: sql<string>`coalesce(sum(${decisions.outputTokens}), 0)`,
      reasoningTokens: sql<string>`coalesce(sum(${decisions.reasoningTokens}), 0)`,
      estimated: sql<string>`count(*) filter (where ${decisions.estimated})`,
      costUsd: sql<number>`coalesce(sum(${decisions.costUsd}), 0)`,
      p50: quantile(0.5),
      p95: quantile(0.95),
    })
    .from(decisions)
    .where(
      and(
        eq(decisions.tenantId, tenantId),
        eq(decisions.kind, "completion"),
        gte(decisions.createdAt, from),
        lt(decisions.createdAt, to),
        // Only the partitions of these days are read; an id may be a moment younger than its request.
        sql`${decisions.day} between ${from}::date - 1 and ${to}::date + 1`,
      ),
    )
    .groupBy(sql`1, 2, 3, 4, 5`)
    .orderBy(sql`1, 2, 3, 4, 5`)
    .limit(limit);
}

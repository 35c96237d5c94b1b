import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { sourcesOf } from "./sources.ts";
import { staleHours, usageRows } from "./usage.store.ts";
import { iso } from "../text.ts";
import type { UsageQuery, UsageRowView, UsageView } from "./schema.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = { hour: 31, day: 366 };
const BIN_RATIO = 101 / 99;
const MAX_ROWS = 10_000;

/** What the tenant's requests took, by bucket and group. Refused when the span is too long or the answer too large. */
export async function readUsage(context: TenantContext, query: UsageQuery): Promise<Result<UsageView>> {
  const { deps, scope, tenantId } = context;
  const groups = query.group_by ?? [];
  const to = query.to ?? new Date(deps.now()).toISOString();
  const from = query.from ?? new Date(Date.parse(to) - DEFAULT_DAYS * DAY_MS).toISOString();
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  const maxDays = MAX_DAYS[query.bucket];
  if (days <= 0 || days > maxDays) {
    const detail = `must lie before \`to\`, at most ${String(maxDays)} days for buckets of a ${query.bucket}`;
    return refuse("validation_failed", { errors: [{ pointer: "/from", detail }] });
  }
  // Read first: an hour that is summed up meanwhile is read from its rows, one that gets a row now is as it was.
  const stale = await deps.db.api.read(scope, (db) => staleHours(db, tenantId, { from, to }));
  const sources = sourcesOf(
    { from, to },
    stale.map(({ hour }) => iso(hour)),
  );
  const slice = { groups, bucket: query.bucket, sources, limit: MAX_ROWS + 1 };
  const rows = await deps.db.api.read(scope, (db) => usageRows(db, tenantId, slice));
  if (rows.length > MAX_ROWS) {
    const detail = `gives more than ${String(MAX_ROWS)} rows: ask for fewer groups or a shorter time`;
    return refuse("validation_failed", { errors: [{ pointer: "/group_by", detail }] });
  }
  return ok({ from, to, data: rows.map((row) => view(row, groups)) });
}

type UsageRow = Awaited<ReturnType<typeof usageRows>>[number];

const view = (row: UsageRow, groups: readonly (keyof UsageRow)[]): UsageRowView => ({
  bucket: row.bucket,
  ...Object.fromEntries(groups.map((group) => [group, row[group]])),
  requests: Number(row.requests),
  errors: Number(row.errors),
  input_tokens: Number(row.inputTokens),
  cached_input_tokens: Number(row.cachedInputTokens),
  output_tokens: Number(row.outputTokens),
  reasoning_tokens: Number(row.reasoningTokens),
  estimated_requests: Number(row.estimated),
  cost_usd: Number(row.costUsd),
  routing: {
    input_tokens: Number(row.routingInputTokens),
    cached_input_tokens: Number(row.routingCachedInputTokens),
    output_tokens: Number(row.routingOutputTokens),
    cost_usd: Number(row.routingCostUsd),
  },
  shadow: {
    requests: Number(row.shadowRequests),
    input_tokens: Number(row.shadowInputTokens),
    output_tokens: Number(row.shadowOutputTokens),
    cost_usd: Number(row.shadowCostUsd),
  },
  trials: {
    decisions: Number(row.trialDecisions),
    input_tokens: Number(row.trialInputTokens),
    cached_input_tokens: Number(row.trialCachedInputTokens),
    output_tokens: Number(row.trialOutputTokens),
    cost_usd: Number(row.trialCostUsd),
  },
  latency_ms: { p50: latencyOf(row.p50Bin), p95: latencyOf(row.p95Bin) },
});

/** The middle of a bin of `signalbox.latency_bin`, in milliseconds: within 1 % of all that is in it. */
function latencyOf(bin: number | null): number | null {
  if (bin === null) return null;
  return bin < 0 ? 0 : Number(((2 * BIN_RATIO ** bin) / (BIN_RATIO + 1)).toPrecision(4));
}

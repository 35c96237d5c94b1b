import { and, desc, eq, gte, lte, sql, type SQL } from "drizzle-orm";
import type { Reader } from "../../db/client.ts";
import { feedback, recordings } from "../../db/schema.ts";
import type { Page } from "../page.ts";
import { matching, withText, type StoredRecordingFilter } from "./recordings.store.ts";

interface ScoredFilter extends StoredRecordingFilter {
  readonly metric: string;
  readonly source?: "inference" | "webhook" | undefined;
  readonly min_score?: number | undefined;
  readonly max_score?: number | undefined;
}

export type ScoredRow = Awaited<ReturnType<typeof scoredPage>>[number];

/** One row more than the page's limit, newest first, with what feedback says: mean score, how many, latest label. */
export function scoredPage(db: Reader, tenantId: string, routerId: string, filter: ScoredFilter, page: Page) {
  const { min_score, max_score } = filter;
  const told = toldOf(filter);
  const score = sql<number | null>`(select avg(${feedback.score}) from ${feedback} where ${told})`;
  return db
    .select({
      ...withText,
      score,
      scores: sql<number>`(select count(*)::integer from ${feedback} where ${told})`,
      label: sql<string | null>`(select ${feedback.label} from ${feedback}
        where ${told} and ${feedback.label} is not null order by ${feedback.givenAt} desc, ${feedback.id} desc limit 1)`,
    })
    .from(recordings)
    .where(
      and(
        matching(tenantId, routerId, filter, page.after),
        min_score === undefined ? undefined : gte(score, min_score),
        max_score === undefined ? undefined : lte(score, max_score),
      ),
    )
    .orderBy(desc(recordings.decisionId))
    .limit(page.limit + 1);
}

/** Feedback of the metric asked for on the recording's own decision. */
function toldOf({ metric, source }: ScoredFilter): SQL | undefined {
  return and(
    eq(feedback.tenantId, recordings.tenantId),
    eq(feedback.decisionId, recordings.decisionId),
    eq(feedback.metric, metric),
    source === undefined ? undefined : eq(feedback.source, source),
  );
}

import { ok, type Result } from "../../errors.ts";
import { openRecording } from "../../recordings/open-recording.ts";
import type { TenantContext } from "../context.ts";
import { lineStream } from "../line-stream.ts";
import { admitReader } from "./admit-reader.ts";
import type { DataSetQuery } from "./data-set.schema.ts";
import { openaiEvalsLine, ownLine, promptfooLine } from "./forms.ts";
import { scoredPage, type ScoredRow } from "./data-set.store.ts";
import { storedFilter } from "./stored-filter.ts";
import { openedView } from "./view.ts";

/** Recordings that are in memory at a time, whatever the length of the export. */
const PAGE_ROWS = 20;

const FORMS = { own: ownLine, promptfoo: promptfooLine, "openai-evals": openaiEvalsLine };

/** A router's recordings with policies, models and scores as lines. Those that do not open are left out. */
export async function exportDataSet(
  context: TenantContext,
  slug: string,
  { form, metric, source, min_score, max_score, ...filter }: DataSetQuery,
): Promise<Result<ReadableStream<Uint8Array>>> {
  const scores = { metric, source, min_score, max_score };
  // A conversation's name may be a person's: that there was one is enough.
  const named = filter.conversation === undefined ? {} : { conversation: true };
  const router = await admitReader(context, slug, "recording.export", { form, ...scores, ...filter, ...named });
  if (!router.ok) return router;
  const { deps, scope, tenantId } = context;
  const stored = { ...(await storedFilter(context, filter)), ...scores };
  const read = (after: string | null) =>
    deps.db.api.read(scope, (db) => scoredPage(db, tenantId, router.value, stored, { limit: PAGE_ROWS, after }));
  const view = async ({ sealed, score, scores: count, label, ...row }: ScoredRow): Promise<object | undefined> => {
    const said = await openRecording(deps, { tenantId, decisionId: row.id, sealed });
    if (said === null) return undefined;
    return FORMS[form]({ ...openedView(row, said), metric, score, scores: count, label });
  };
  return ok(lineStream({ pageRows: PAGE_ROWS, first: await read(null), after: null, read, view }));
}

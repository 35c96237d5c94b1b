import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { lineStream } from "../line-stream.ts";
import { casesInOrder, routerNamed, type GoldenCaseRow } from "./golden-cases.store.ts";
import { caseInput } from "./view.ts";

/** Rows read at a time: what an export holds in memory, whatever its length. */
const PAGE_ROWS = 100;

/**
 * All cases of a router in the order in which they were written, one JSON object a line, as an import takes them. The
 * next page is read when the reader has taken the one before; a failure breaks the stream off.
 */
export async function exportCases(context: TenantContext, slug: string): Promise<Result<ReadableStream<Uint8Array>>> {
  const { deps, scope, tenantId } = context;
  const [router] = await deps.db.api.read(scope, (db) => routerNamed(db, tenantId, slug));
  if (router === undefined) return refuse("not_found");
  const read = (after: string | null) =>
    deps.db.api.read(scope, (db) => casesInOrder(db, tenantId, slug, { limit: PAGE_ROWS, after }));
  return ok(
    lineStream<GoldenCaseRow>({ pageRows: PAGE_ROWS, first: await read(null), after: null, read, view: caseInput }),
  );
}

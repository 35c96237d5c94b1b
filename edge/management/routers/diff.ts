import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { compareDocuments, type DocumentDifference } from "./compare-documents.ts";
import { documentAt, type Revision } from "./document-at.ts";

export interface RevisionDifference extends DocumentDifference {
  readonly from: Revision;
  readonly to: Revision;
}

/** What changed from one document of a router to another. */
export async function diffRevisions(
  context: TenantContext,
  slug: string,
  from: Revision,
  to: Revision,
): Promise<Result<RevisionDifference>> {
  const [before, after] = await Promise.all([from, to].map((revision) => documentAt(context, slug, revision)));
  if (before === undefined || after === undefined) return refuse("not_found");
  return ok({ from, to, ...compareDocuments(before, after) });
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { compareDocuments, type DocumentDifference } from "./compare-documents.ts";
import { draftBySlug } from "./drafts.store.ts";
import { versionByNumber } from "./versions.store.ts";

/** A published version, or the draft as it is now. */
export type Revision = number | "draft";

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

async function documentAt(
  { deps, scope, tenantId }: TenantContext,
  slug: string,
  revision: Revision,
): Promise<DraftDocument | undefined> {
  const rows =
    revision === "draft"
      ? await deps.db.api.read(scope, (db) => draftBySlug(db, tenantId, slug))
      : await deps.db.api.read(scope, (db) => versionByNumber(db, tenantId, slug, revision));
  return rows[0]?.document;
}

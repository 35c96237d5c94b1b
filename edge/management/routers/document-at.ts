import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { draftBySlug } from "./drafts.store.ts";
import { versionByNumber } from "./versions.store.ts";

/** A published version, or the draft as it is now. */
export type Revision = number | "draft";

/** A router's document at a revision; undefined when the tenant has no such router or revision. */
export async function documentAt(
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

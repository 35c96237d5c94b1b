import { ok, refuse, type Result } from "../../errors.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { draftBySlug } from "./drafts.store.ts";

/** A draft and the version of it that an edit must name. */
export interface Draft {
  readonly document: DraftDocument;
  readonly etag: string;
}

export async function getDraft(context: TenantContext, slug: string): Promise<Result<Draft>> {
  const [row] = await context.deps.db.api.read(context.scope, (db) => draftBySlug(db, context.tenantId, slug));
  return row === undefined ? refuse("not_found") : ok({ document: row.document, etag: row.etag });
}

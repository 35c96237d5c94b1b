import { ok, refuse, type Result } from "../../errors.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { inWrittenOrder } from "./canonical-document.ts";
import { publishedBySlug } from "./versions.store.ts";

/** What serves traffic now, as a document that can be imported again, and its version. */
export interface ExportedDocument {
  readonly document: DraftDocument;
  readonly etag: string;
}

export async function exportDocument(context: TenantContext, slug: string): Promise<Result<ExportedDocument>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => publishedBySlug(db, tenantId, slug));
  if (row === undefined) return refuse("not_found");
  return ok({ document: inWrittenOrder(row.document), etag: versionTag(row.version) });
}

/** The entity tag of the document that serves traffic. */
export const versionTag = (version: number | null): string => `v${version ?? 0}`;

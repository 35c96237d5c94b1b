import { ok, refuse, type Result } from "../../errors.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { readDraft, replaceDraft } from "./drafts.store.ts";
import type { Draft } from "./get-draft.ts";
import { ifMatch } from "../if-match.ts";

/**
 * Replaces a draft by a whole document, if the caller has seen the one it replaces: of two people who edit the same
 * version, the second to write is refused and loses nothing.
 */
export async function putDraft(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
  match: string | undefined,
): Promise<Result<Draft>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const read = await readDraft(tx, tenantId, slug);
    if (read === null) return refuse("not_found");
    if (match === undefined) return refuse("precondition_required");
    if (!ifMatch(match, read.etag)) return refuse("precondition_failed");
    const next = { etag: deps.newId("draft"), document };
    if (!(await replaceDraft(tx, tenantId, read, next))) return refuse("precondition_failed");
    const changes = difference(read.document, document);
    return ok({
      value: next,
      audit: { tenantId, action: "router.edit", targetKind: "router", targetId: read.routerId, changes },
    });
  });
}

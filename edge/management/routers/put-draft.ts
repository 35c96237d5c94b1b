import { ok, type Result } from "../../errors.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { editDraft, type Edited } from "./edit-draft.ts";

/**
 * Replaces a draft by a whole document, if the caller has seen the one it replaces: of two people who edit the same
 * version, the second to write is refused and loses nothing.
 */
export async function putDraft(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
  match: string | undefined,
): Promise<Result<Edited<DraftDocument>>> {
  return editDraft(context, slug, { header: match, required: true }, (before) =>
    ok({ document, value: document, action: "router.edit", changes: difference(before, document) }),
  );
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { editDraft, type Edited } from "./edit-draft.ts";
import { entryOf, withoutEntry } from "./policy-entry.ts";

/** Removes a policy and its target from the draft. */
export async function deletePolicy(
  context: TenantContext,
  slug: string,
  name: string,
  match: string | undefined,
): Promise<Result<Edited<null>>> {
  return editDraft(context, slug, { header: match, required: false }, (document) => {
    const before = entryOf(document, name);
    if (before === undefined) return refuse("not_found");
    const changes = difference({ [name]: before }, {});
    return ok({ document: withoutEntry(document, name), value: null, action: "policy.delete", changes });
  });
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { editDraft, type Edited } from "./edit-draft.ts";
import type { PolicyEntry, PolicyInput } from "./policies.schema.ts";
import { entryFrom, entryOf, nameTaken, withEntry } from "./policy-entry.ts";

/** Replaces a policy where it stands, if the caller has seen the draft as it is. */
export async function replacePolicy(
  context: TenantContext,
  slug: string,
  name: string,
  input: PolicyInput,
  match: string | undefined,
): Promise<Result<Edited<PolicyEntry>>> {
  return editDraft(context, slug, { header: match, required: true }, (document) => {
    const before = entryOf(document, name);
    if (before === undefined) return refuse("not_found");
    if (nameTaken(document, input.name, name)) {
      return refuse("conflict", { message: "Another policy has this name, letter case aside.", param: "name" });
    }
    const entry = entryFrom(input, before.target);
    const changes = difference({ [name]: before }, { [name]: entry });
    return ok({ document: withEntry(document, name, entry), value: entry, action: "policy.replace", changes });
  });
}

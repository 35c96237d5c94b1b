import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { editDraft, type Edited } from "./edit-draft.ts";
import type { PolicyEntry, PolicyInput } from "./policies.schema.ts";
import { entryFrom, nameTaken, withEntry } from "./policy-entry.ts";

/** Adds a policy as the draft's last. Two people who add at once both find theirs. */
export async function addPolicy(
  context: TenantContext,
  slug: string,
  input: PolicyInput,
  match: string | undefined,
): Promise<Result<Edited<PolicyEntry>>> {
  return editDraft(context, slug, { header: match, required: false }, (document) => {
    if (nameTaken(document, input.name, null)) {
      return refuse("conflict", { message: "The draft has a policy of this name, letter case aside.", param: "name" });
    }
    const entry = entryFrom(input, null);
    const changes = difference({}, { [input.name]: entry });
    return ok({ document: withEntry(document, input.name, entry), value: entry, action: "policy.add", changes });
  });
}

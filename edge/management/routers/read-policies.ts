import { ok, refuse, type Result } from "../../errors.ts";
import type { DraftDocument } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import type { Edited } from "./edit-draft.ts";
import { getDraft } from "./get-draft.ts";
import type { PolicyEntry, PolicyList } from "./policies.schema.ts";
import { entryOf } from "./policy-entry.ts";

/** A draft's policies in their order, each with its target. */
export async function listPolicies(context: TenantContext, slug: string): Promise<Result<Edited<PolicyList>>> {
  const draft = await getDraft(context, slug);
  return draft.ok ? ok({ value: policyList(draft.value.document), etag: draft.value.etag }) : draft;
}

export async function getPolicy(
  context: TenantContext,
  slug: string,
  name: string,
): Promise<Result<Edited<PolicyEntry>>> {
  const draft = await getDraft(context, slug);
  if (!draft.ok) return draft;
  const entry = entryOf(draft.value.document, name);
  return entry === undefined ? refuse("not_found") : ok({ value: entry, etag: draft.value.etag });
}

export const policyList = (document: DraftDocument): PolicyList => ({
  data: document.policies.flatMap(({ name }) => entryOf(document, name) ?? []),
});

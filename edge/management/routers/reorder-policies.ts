import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { editDraft, type Edited } from "./edit-draft.ts";
import type { PolicyList } from "./policies.schema.ts";
import { policyList } from "./read-policies.ts";

/** Puts a draft's policies in the order that is given, which must name each of them once. */
export async function reorderPolicies(
  context: TenantContext,
  slug: string,
  order: readonly string[],
  match: string | undefined,
): Promise<Result<Edited<PolicyList>>> {
  return editDraft(context, slug, { header: match, required: true }, (document) => {
    const byName = new Map(document.policies.map((policy) => [policy.name, policy]));
    const policies = order.flatMap((name) => byName.get(name) ?? []);
    if (new Set(order).size !== order.length || order.length !== byName.size || policies.length !== byName.size) {
      const detail = "must name every policy of the draft once";
      return refuse("validation_failed", { errors: [{ pointer: "/order", detail }] });
    }
    const next = { ...document, policies };
    const changes = { "/policies": { from: document.policies.map(({ name }) => name), to: order } };
    return ok({ document: next, value: policyList(next), action: "policy.reorder", changes });
  });
}

import type { Transaction } from "../../db/client.ts";
import { refuse, type Result } from "../../errors.ts";
import type { Target } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { lockDraft, replaceDraft } from "./drafts.store.ts";
import { publishDocument } from "./publish-document.ts";
import { lockRouter } from "./routers.store.ts";
import { versionOf, type VersionRow } from "./versions.store.ts";

/**
 * Publishes a router's current version again with another target for one policy. Its draft gets the target too, where
 * it has the policy, so that the next publish does not take it back.
 */
export async function publishTarget(
  tx: Transaction,
  context: TenantContext,
  slug: string,
  policy: string,
  target: Target,
  note: string,
): Promise<Result<VersionRow>> {
  const { deps, tenantId } = context;
  const router = await lockRouter(tx, tenantId, slug);
  const published = router?.publishedVersion ?? null;
  const current = router === null || published === null ? null : await versionOf(tx, tenantId, router.id, published);
  if (router === null || current === null) return refuse("not_found");
  const { document } = current;
  if (!document.policies.some(({ name }) => name === policy)) {
    return refuse("conflict", { message: `The published version of ${slug} no longer has the policy ${policy}.` });
  }
  const draft = await lockDraft(tx, tenantId, slug);
  if (draft?.document.policies.some(({ name }) => name === policy)) {
    const edited = { ...draft.document, targets: { ...draft.document.targets, [policy]: target } };
    await replaceDraft(tx, tenantId, draft, { etag: deps.newId("draft"), document: edited });
  }
  const next = { ...document, targets: { ...document.targets, [policy]: target } };
  return publishDocument(tx, context, router, next, note);
}

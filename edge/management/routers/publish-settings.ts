import type { Transaction } from "../../db/client.ts";
import { refuse, type Result } from "../../errors.ts";
import type { RouterSettings } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { lockDraft, replaceDraft } from "./drafts.store.ts";
import { publishDocument } from "./publish-document.ts";
import { lockRouter } from "./routers.store.ts";
import { versionOf, type VersionRow } from "./versions.store.ts";

/** Publishes a router's current version again with other settings, and gives them to its draft. */
export async function publishSettings(
  tx: Transaction,
  context: TenantContext,
  slug: string,
  change: (settings: RouterSettings) => RouterSettings,
  note: string,
): Promise<Result<VersionRow>> {
  const { deps, tenantId } = context;
  const router = await lockRouter(tx, tenantId, slug);
  const published = router?.publishedVersion ?? null;
  const current = router === null || published === null ? null : await versionOf(tx, tenantId, router.id, published);
  if (router === null || current === null) return refuse("not_found");
  const draft = await lockDraft(tx, tenantId, slug);
  if (draft !== null) {
    const edited = { ...draft.document, settings: change(draft.document.settings) };
    await replaceDraft(tx, tenantId, draft, { etag: deps.newId("draft"), document: edited });
  }
  const next = { ...current.document, settings: change(current.document.settings) };
  return publishDocument(tx, context, router, next, note);
}

import { ok, refuse, type Result } from "../../errors.ts";
import { emptyDraft, type DraftDocument } from "../../routing/draft-document.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { ifMatch } from "../if-match.ts";
import { write } from "../write.ts";
import { sameDocument } from "./canonical-document.ts";
import { lockDraft, replaceDraft } from "./drafts.store.ts";
import { versionTag } from "./export-document.ts";
import { publishDocument, warm } from "./publish-document.ts";
import { lockRouter } from "./routers.store.ts";
import type { ImportedVersion } from "./schema.ts";
import { versionOf } from "./versions.store.ts";
import { versionSummary } from "./view.ts";

/**
 * Publishes a whole document unless it is what serves traffic already: a repository can be the source, and importing
 * it twice makes one version. The draft follows, unless it holds edits that nobody has published: those stay.
 */
export async function importDocument(
  context: TenantContext,
  slug: string,
  document: DraftDocument,
  match: string | undefined,
): Promise<Result<ImportedVersion>> {
  const { deps, tenantId } = context;
  const made: RouterDocument[] = [];
  const imported = await write(context, async (tx) => {
    const router = await lockRouter(tx, tenantId, slug);
    const draft = router === null ? null : await lockDraft(tx, tenantId, slug);
    if (router === null || draft === null) return refuse("not_found");
    if (match !== undefined && !ifMatch(match, versionTag(router.publishedVersion))) {
      return refuse("precondition_failed");
    }
    const { publishedVersion } = router;
    const current = publishedVersion === null ? null : await versionOf(tx, tenantId, router.id, publishedVersion);
    if (current !== null && sameDocument(current.document, document)) {
      return ok({ value: { ...versionSummary(slug, current), created: false }, audit: null });
    }
    const version = await publishDocument(tx, context, router, document, null);
    if (!version.ok) return version;
    if (sameDocument(draft.document, current?.document ?? emptyDraft())) {
      await replaceDraft(tx, tenantId, draft, { etag: deps.newId("draft"), document });
    }
    made.push(version.value.document);
    const to = version.value.version;
    const changes = difference({ published_version: publishedVersion }, { published_version: to });
    return ok({
      value: { ...versionSummary(slug, version.value), created: true },
      audit: { tenantId, action: "router.import", targetKind: "router", targetId: router.id, changes },
    });
  });
  if (imported.ok) await warm(context, made);
  return imported;
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { readDraft } from "./drafts.store.ts";
import { publishDocument, warm } from "./publish-document.ts";
import { lockRouter } from "./routers.store.ts";
import type { Publish, VersionSummary } from "./schema.ts";
import { versionSummary } from "./view.ts";

/**
 * Makes the draft the router's next version, in force everywhere within the snapshot's bound. Two publishes at once
 * get consecutive versions.
 */
export async function publishRouter(
  context: TenantContext,
  slug: string,
  input: Publish,
): Promise<Result<VersionSummary>> {
  const { tenantId } = context;
  const made: RouterDocument[] = [];
  const published = await write(context, async (tx) => {
    const router = await lockRouter(tx, tenantId, slug);
    const draft = router === null ? null : await readDraft(tx, tenantId, slug);
    if (router === null || draft === null) return refuse("not_found");
    const version = await publishDocument(tx, context, router, draft.document, input.note);
    if (!version.ok) return version;
    made.push(version.value.document);
    const to = version.value.version;
    const changes = difference({ published_version: router.publishedVersion }, { published_version: to });
    return ok({
      value: versionSummary(slug, version.value),
      audit: { tenantId, action: "router.publish", targetKind: "router", targetId: router.id, changes },
    });
  });
  if (published.ok) await warm(context, made);
  return published;
}

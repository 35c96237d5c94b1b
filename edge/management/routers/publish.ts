import { ok, refuse, type Result } from "../../errors.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { readDraft } from "./drafts.store.ts";
import { gate } from "./gate.ts";
import { getDraft } from "./get-draft.ts";
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
    // Before anything is locked, after the answer of an earlier attempt: a retry passes no gate twice.
    const passed = await passGate(context, slug, input);
    if (!passed.ok) return passed;
    const router = await lockRouter(tx, tenantId, slug);
    const draft = router === null ? null : await readDraft(tx, tenantId, slug);
    if (router === null || draft === null) return refuse("not_found");
    if (passed.value !== null && passed.value !== draft.etag) {
      return refuse("precondition_failed", { message: "The draft changed while it was at the gate." });
    }
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

/** The version of the draft that passed; null when nothing was asked of it. */
async function passGate(context: TenantContext, slug: string, input: Publish): Promise<Result<string | null>> {
  if (input.gate === undefined) return ok(null);
  const draft = await getDraft(context, slug);
  if (!draft.ok) return draft;
  const passed = await gate(context, slug, draft.value.document, input.gate);
  return passed.ok ? ok(draft.value.etag) : passed;
}

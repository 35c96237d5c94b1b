import { ok, refuse, type Result } from "../../errors.ts";
import { pointer } from "../../http/validation-hook.ts";
import { modelsOfDraft, publishable } from "../../routing/draft-document.ts";
import { policyDigestOf } from "../../routing/policy-digest-of.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import { within } from "../../within.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { readDraft } from "./drafts.store.ts";
import { holdModels, lockRouter, setPublishedVersion } from "./routers.store.ts";
import type { Publish, VersionSummary } from "./schema.ts";
import { insertVersion, lastVersion } from "./versions.store.ts";
import { versionSummary } from "./view.ts";

/** Milliseconds a publish waits for inference to be ready for the new policies. */
const WARM_LIMIT_MS = 2_000;

/**
 * Makes the draft the router's next version, in force everywhere within the snapshot's bound. Whatever the draft was
 * when it was written, its models must exist now. Two publishes at once get consecutive versions.
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
    const checked = publishable(draft.document, await holdModels(tx, tenantId, modelsOfDraft(draft.document)));
    if ("findings" in checked) {
      const errors = checked.findings.map(({ path, detail }) => ({ pointer: pointer(path), detail }));
      return refuse("validation_failed", { message: "The draft cannot be published as it is.", errors });
    }
    const { document } = checked;
    const [row] = await insertVersion(tx, {
      tenantId,
      routerId: router.id,
      version: (await lastVersion(tx, tenantId, router.id)) + 1,
      document,
      policyDigest: await policyDigestOf(document),
      note: input.note,
      publishedBy: context.actor,
    });
    if (row === undefined) return refuse("internal_error");
    await setPublishedVersion(tx, router, row.version);
    made.push(document);
    const changes = difference({ published_version: router.publishedVersion }, { published_version: row.version });
    return ok({
      value: versionSummary(slug, row),
      audit: { tenantId, action: "router.publish", targetKind: "router", targetId: router.id, changes },
    });
  });
  if (published.ok) for (const document of made) await warm(context, document);
  return published;
}

/** Has inference ready before the first request; the answer waits for it only so long, the work goes on regardless. */
async function warm({ deps, waitUntil }: TenantContext, { policies, settings }: RouterDocument): Promise<void> {
  const prepared = deps.decider.prepare(policies, settings.engine);
  waitUntil(prepared);
  await within(deps.sleep, WARM_LIMIT_MS, () => prepared);
}

import type { Transaction } from "../../db/client.ts";
import { ok, refuse, type Result } from "../../errors.ts";
import { modelsOfDraft, publishable, type DraftDocument } from "../../routing/draft-document.ts";
import { policyDigestOf } from "../../routing/policy-digest-of.ts";
import type { RouterDocument } from "../../routing/router-document.ts";
import { within } from "../../within.ts";
import type { TenantContext } from "../context.ts";
import { findingView } from "../finding.schema.ts";
import { holdModels, setPublishedVersion, type RouterRow } from "./routers.store.ts";
import { insertVersion, lastVersion, type VersionRow } from "./versions.store.ts";

/** Milliseconds a publish waits for inference to be ready for the new policies. */
const WARM_LIMIT_MS = 2_000;

/**
 * Makes a document the next version of a router that the transaction holds. Whatever the models were when it was
 * written, they must exist now.
 */
export async function publishDocument(
  tx: Transaction,
  context: TenantContext,
  router: RouterRow,
  source: DraftDocument,
  note: string | null,
): Promise<Result<VersionRow>> {
  const { tenantId } = context;
  const checked = publishable(source, await holdModels(tx, tenantId, modelsOfDraft(source)));
  if ("findings" in checked) {
    const findings = checked.findings.map(findingView);
    const errors = findings.map(({ pointer, message }) => ({ pointer, detail: message }));
    return refuse("validation_failed", { message: "The document cannot be published as it is.", errors, findings });
  }
  const [row] = await insertVersion(tx, {
    tenantId,
    routerId: router.id,
    version: (await lastVersion(tx, tenantId, router.id)) + 1,
    document: checked.document,
    policyDigest: await policyDigestOf(checked.document),
    note,
    publishedBy: context.actor,
  });
  if (row === undefined) return refuse("internal_error");
  await setPublishedVersion(tx, router, row.version);
  return ok(row);
}

/** Has inference ready before the first request; the answer waits for it only so long, the work goes on regardless. */
export async function warm({ deps, waitUntil }: TenantContext, documents: readonly RouterDocument[]): Promise<void> {
  for (const { policies, settings } of documents) {
    const prepared = deps.decider.prepare(policies, settings.engine);
    waitUntil(prepared);
    await within(deps.sleep, WARM_LIMIT_MS, () => prepared);
  }
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { ifMatch } from "../if-match.ts";
import { write } from "../write.ts";
import { lockCase, updateCase } from "./golden-cases.store.ts";
import type { GoldenCaseInput } from "./schema.ts";
import { auditedCase, caseEtag, versionedCase, type VersionedCase } from "./view.ts";

/** Replaces a case that the caller has seen as it is. */
export async function replaceCase(
  context: TenantContext,
  slug: string,
  id: string,
  input: GoldenCaseInput,
  match: string | undefined,
): Promise<Result<VersionedCase>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockCase(tx, tenantId, slug, id);
    if (row === null) return refuse("not_found");
    if (match === undefined) return refuse("precondition_required");
    if (!ifMatch(match, await caseEtag(row))) return refuse("precondition_failed");
    const changes = difference(await auditedCase(row), await auditedCase(input));
    if (Object.keys(changes).length === 0) return ok({ value: await versionedCase(row), audit: null });
    return ok({
      value: await versionedCase(await updateCase(tx, row, input)),
      audit: { tenantId, action: "golden_case.replace", targetKind: "golden_case", targetId: id, changes },
    });
  });
}

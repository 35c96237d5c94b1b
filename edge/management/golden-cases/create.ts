import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { countCases, holdRouter, insertCases } from "./golden-cases.store.ts";
import { MAX_CASES, tooManyCases } from "./too-many-cases.ts";
import type { GoldenCaseInput } from "./schema.ts";
import { auditedCase, versionedCase, type VersionedCase } from "./view.ts";

export async function createCase(
  context: TenantContext,
  slug: string,
  input: GoldenCaseInput,
): Promise<Result<VersionedCase>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const routerId = await holdRouter(tx, tenantId, slug);
    if (routerId === null) return refuse("not_found");
    if ((await countCases(tx, tenantId, routerId)) >= MAX_CASES) return tooManyCases();
    const [row] = await insertCases(tx, [{ tenantId, id: deps.newId("golden_case"), routerId, ...input }]);
    if (row === undefined) return refuse("internal_error");
    const changes = difference({}, await auditedCase(input));
    return ok({
      value: await versionedCase(row),
      audit: { tenantId, action: "golden_case.create", targetKind: "golden_case", targetId: row.id, changes },
    });
  });
}

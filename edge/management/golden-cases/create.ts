import type { Transaction } from "../../db/client.ts";
import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { countCases, holdRouter, insertCases } from "./golden-cases.store.ts";
import { MAX_CASES, tooManyCases } from "./too-many-cases.ts";
import type { GoldenCaseInput } from "./schema.ts";
import { auditedCase, versionedCase, type VersionedCase } from "./view.ts";

/** A case to be added, and what else the audit log is told of it. */
export interface MadeCase {
  readonly input: GoldenCaseInput;
  readonly told?: object;
}

export const createCase = (context: TenantContext, slug: string, input: GoldenCaseInput) =>
  addCase(context, slug, () => Promise.resolve(ok({ input })));

/** Adds the case that `make` gives, which may look for it in the same transaction. */
export async function addCase(
  context: TenantContext,
  slug: string,
  make: (tx: Transaction) => Promise<Result<MadeCase>>,
): Promise<Result<VersionedCase>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const routerId = await holdRouter(tx, tenantId, slug);
    if (routerId === null) return refuse("not_found");
    const made = await make(tx);
    if (!made.ok) return made;
    if ((await countCases(tx, tenantId, routerId)) >= MAX_CASES) return tooManyCases();
    const { input, told } = made.value;
    const [row] = await insertCases(tx, [{ tenantId, id: deps.newId("golden_case"), routerId, ...input }]);
    if (row === undefined) return refuse("internal_error");
    const changes = difference({}, { ...(await auditedCase(input)), ...told });
    return ok({
      value: await versionedCase(row),
      audit: { tenantId, action: "golden_case.create", targetKind: "golden_case", targetId: row.id, changes },
    });
  });
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { countCases, deleteCasesOf, holdRouter, insertCases, routerNamed } from "./golden-cases.store.ts";
import { parseLines } from "./parse-lines.ts";
import type { ImportedCases } from "./schema.ts";
import { MAX_CASES, tooManyCases } from "./too-many-cases.ts";

/** Adds the cases of a JSON Lines text in its order, all or none; `replace` removes those that were there before. */
export async function importCases(
  context: TenantContext,
  slug: string,
  text: string,
  replace: boolean,
): Promise<Result<ImportedCases>> {
  const { deps, scope, tenantId } = context;
  // What is not there is not there, whatever the lines say.
  const [router] = await deps.db.api.read(scope, (db) => routerNamed(db, tenantId, slug));
  if (router === undefined) return refuse("not_found");
  const parsed = parseLines(text);
  if (!parsed.ok) return parsed;
  const ids = parsed.value.map(() => deps.newId("golden_case")).toSorted();
  return write(context, async (tx) => {
    const routerId = await holdRouter(tx, tenantId, slug);
    if (routerId === null) return refuse("not_found");
    const before = await countCases(tx, tenantId, routerId);
    if (replace) await deleteCasesOf(tx, tenantId, routerId);
    const after = (replace ? 0 : before) + ids.length;
    if (after > MAX_CASES) return tooManyCases();
    const rows = parsed.value.map((input, index) => ({ tenantId, id: ids[index] ?? "", routerId, ...input }));
    await insertCases(tx, rows);
    const changes = difference({ golden_cases: before }, { golden_cases: after, imported: rows.length });
    return ok({
      value: { imported: rows.length },
      audit: { tenantId, action: "golden_case.import", targetKind: "router", targetId: routerId, changes },
    });
  });
}

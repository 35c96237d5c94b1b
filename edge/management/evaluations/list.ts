import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { evaluationPage, routerNamed } from "./evaluations.store.ts";
import type { EvaluationView } from "./schema.ts";
import { evaluationView } from "./view.ts";

/** A router's evaluations, newest first, without their results. */
export async function listEvaluations(
  context: TenantContext,
  slug: string,
  page: Page,
): Promise<Result<Listed<EvaluationView>>> {
  const { deps, scope, tenantId } = context;
  const rows = await deps.db.api.read(scope, (db) => evaluationPage(db, tenantId, slug, page));
  if (rows.length === 0) {
    const [router] = await deps.db.api.read(scope, (db) => routerNamed(db, tenantId, slug));
    if (router === undefined) return refuse("not_found");
  }
  return ok(listed(rows, page, evaluationView));
}

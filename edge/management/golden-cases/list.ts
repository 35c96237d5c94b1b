import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { casePage, routerNamed } from "./golden-cases.store.ts";
import type { GoldenCaseView } from "./schema.ts";
import { caseView } from "./view.ts";

/** A router's golden cases, newest first. */
export async function listCases(
  context: TenantContext,
  slug: string,
  page: Page,
): Promise<Result<Listed<GoldenCaseView>>> {
  const { deps, scope, tenantId } = context;
  const rows = await deps.db.api.read(scope, (db) => casePage(db, tenantId, slug, page));
  if (rows.length === 0) {
    const [router] = await deps.db.api.read(scope, (db) => routerNamed(db, tenantId, slug));
    if (router === undefined) return refuse("not_found");
  }
  return ok(listed(rows, page, caseView));
}

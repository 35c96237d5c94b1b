import { ok, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { listed, type Listed, type Page } from "../page.ts";
import { modelPage, modelRow } from "./models.store.ts";
import type { ModelView } from "./schema.ts";
import { modelView } from "./view.ts";

/** The tenant's models, newest first. */
export async function listModels(context: TenantContext, page: Page): Promise<Result<Listed<ModelView>>> {
  const rows = await context.deps.db.api.read(context.scope, (db) => modelPage(db, context.tenantId, page));
  return ok(listed(rows.map(modelRow), page, modelView));
}

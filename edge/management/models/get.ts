import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { modelBySlug, modelRow } from "./models.store.ts";
import type { ModelView } from "./schema.ts";
import { modelView } from "./view.ts";

export async function getModel(context: TenantContext, slug: string): Promise<Result<ModelView>> {
  const [row] = await context.deps.db.api.read(context.scope, (db) => modelBySlug(db, context.tenantId, slug));
  return row === undefined ? refuse("not_found") : ok(modelView(modelRow(row)));
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import type { SourceView } from "./schema.ts";
import { sourceById } from "./sources.store.ts";
import { sourceView } from "./view.ts";

export async function getSource({ deps, scope, tenantId }: TenantContext, id: string): Promise<Result<SourceView>> {
  const [row] = await deps.db.api.read(scope, (db) => sourceById(db, tenantId, id));
  return row === undefined ? refuse("not_found") : ok(sourceView(row, deps.now()));
}

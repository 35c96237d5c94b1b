import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { keyById } from "./keys.store.ts";
import type { KeyView } from "./schema.ts";
import { keyView } from "./view.ts";

export async function getKey(context: TenantContext, id: string): Promise<Result<KeyView>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => keyById(db, tenantId, id));
  return row === undefined ? refuse("not_found") : ok(keyView(row, deps.now()));
}

import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { keyEtag } from "./etag.ts";
import { keyById } from "./keys.store.ts";
import type { KeyView } from "./schema.ts";
import { keyView } from "./view.ts";

/** A key and the version of it that an edit must name. */
export interface VersionedKey {
  readonly view: KeyView;
  readonly etag: string;
}

export async function getKey(context: TenantContext, id: string): Promise<Result<VersionedKey>> {
  const { deps, scope, tenantId } = context;
  const [row] = await deps.db.api.read(scope, (db) => keyById(db, tenantId, id));
  return row === undefined ? refuse("not_found") : ok({ view: keyView(row, deps.now()), etag: await keyEtag(row) });
}

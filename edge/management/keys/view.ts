import { iso, isoOrNull } from "../text.ts";
import type { KeyRow } from "./keys.store.ts";
import type { KeyView } from "./schema.ts";

/** A key as its tenant may see it at `nowMs`. */
export function keyView(row: KeyRow, nowMs: number): KeyView {
  return {
    id: row.id,
    name: row.name,
    prefix: row.displayPrefix,
    scopes: row.scopes,
    allowed_models: row.allowedModels,
    allowed_routers: row.allowedRouters,
    expires_at: isoOrNull(row.expiresAt),
    revoked_at: isoOrNull(row.revokedAt),
    last_used_at: isoOrNull(row.lastUsedAt),
    status: keyStatus(row, nowMs),
    created_at: iso(row.createdAt),
  };
}

function keyStatus(row: Pick<KeyRow, "revokedAt" | "expiresAt">, nowMs: number): KeyView["status"] {
  if (row.revokedAt !== null) return "revoked";
  return row.expiresAt !== null && Date.parse(iso(row.expiresAt)) <= nowMs ? "expired" : "active";
}

/** What the audit log is told of a new key. */
export const auditedKey = ({ name, prefix, scopes, allowed_models, allowed_routers, expires_at }: KeyView): object => ({
  name,
  prefix,
  scopes,
  allowed_models,
  allowed_routers,
  expires_at,
});

import { iso, isoOrNull } from "../text.ts";
import type { SourceView } from "./schema.ts";
import type { SourceWithSecrets } from "./sources.store.ts";

/** A source as its tenant may see it at `nowMs`. */
export const sourceView = (row: SourceWithSecrets, nowMs: number): SourceView => ({
  id: row.id,
  name: row.name,
  path: `/webhooks/feedback/${row.id}`,
  secrets: row.secrets
    .map(({ id, createdAt, expiresAt }) => ({ id, created_at: iso(createdAt), expires_at: isoOrNull(expiresAt) }))
    .filter(({ expires_at }) => expires_at === null || Date.parse(expires_at) > nowMs),
  created_at: iso(row.createdAt),
});

import { iso } from "../text.ts";
import type { RouterRow } from "./routers.store.ts";
import type { RouterView, VersionSummary } from "./schema.ts";
import type { VersionRow } from "./versions.store.ts";

export const routerView = (row: RouterRow): RouterView => ({
  id: row.id,
  slug: row.slug,
  published_version: row.publishedVersion,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
});

export const versionSummary = (
  slug: string,
  row: Pick<VersionRow, "version" | "policyDigest" | "publishedAt" | "publishedBy" | "note">,
): VersionSummary => ({
  slug,
  version: row.version,
  policy_digest: row.policyDigest,
  published_at: iso(row.publishedAt),
  published_by: row.publishedBy,
  note: row.note,
});

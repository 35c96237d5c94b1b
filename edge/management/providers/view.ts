import { providerKindSchema } from "../../tenancy/snapshot.ts";
import { iso } from "../text.ts";
import type { ProviderRow } from "./providers.store.ts";
import type { ProviderView } from "./schema.ts";

/** A provider without its credential, of which it only tells that there is one. */
export const providerView = (row: ProviderRow): ProviderView => ({
  id: row.id,
  slug: row.slug,
  kind: providerKindSchema.parse(row.kind),
  base_url: row.baseUrl,
  has_credential: row.credential !== null,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
});

/** What the audit log may know of a provider. */
export const auditedProvider = (row: ProviderRow): object => ({
  slug: row.slug,
  kind: row.kind,
  base_url: row.baseUrl,
  has_credential: row.credential !== null,
});

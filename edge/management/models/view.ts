import { iso } from "../text.ts";
import type { ModelRow } from "./models.store.ts";
import type { ModelView } from "./schema.ts";

export const modelView = (row: ModelRow): ModelView => ({
  id: row.id,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
  ...auditedModel(row),
});

/** What the audit log compares: all that a caller sets. */
export const auditedModel = (row: ModelRow): Omit<ModelView, "id" | "created_at" | "updated_at"> => ({
  slug: row.slug,
  provider: row.provider,
  upstream_model: row.upstreamModel,
  prices: row.prices,
  context_window: row.contextWindow,
  modalities: row.modalities,
  capabilities: row.capabilities,
  timeouts: row.timeouts,
});

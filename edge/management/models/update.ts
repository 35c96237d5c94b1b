import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { holdProvider, lockModel, updateModelRow } from "./models.store.ts";
import type { ModelView, UpdateModel } from "./schema.ts";
import { unknownProvider } from "./unknown-provider.ts";
import { auditedModel, modelView } from "./view.ts";

/** Changes the fields that are given; each replaces the old value as a whole. */
export async function updateModel(
  context: TenantContext,
  slug: string,
  input: UpdateModel,
): Promise<Result<ModelView>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockModel(tx, tenantId, slug);
    if (row === null) return refuse("not_found");
    const providerSlug = input.provider ?? row.provider;
    const provider = await holdProvider(tx, tenantId, providerSlug);
    if (provider === null) return unknownProvider(providerSlug);
    const { upstream_model = row.upstreamModel, context_window = row.contextWindow } = input;
    const { prices = row.prices, modalities = row.modalities } = input;
    const { capabilities = row.capabilities, timeouts = row.timeouts } = input;
    const updated = await updateModelRow(tx, row, {
      providerId: provider.id,
      upstreamModel: upstream_model,
      contextWindow: context_window,
      prices,
      modalities,
      capabilities,
      timeouts,
    });
    const changed = { ...updated, provider: providerSlug };
    const changes = difference(auditedModel(row), auditedModel(changed));
    const nothing = Object.keys(changes).length === 0;
    return ok({
      value: modelView(changed),
      audit: nothing ? null : { tenantId, action: "model.update", targetKind: "model", targetId: row.id, changes },
    });
  });
}

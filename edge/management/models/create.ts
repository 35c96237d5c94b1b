import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { holdProvider, insertModel } from "./models.store.ts";
import type { CreateModel, ModelView } from "./schema.ts";
import { unknownProvider } from "./unknown-provider.ts";
import { auditedModel, modelView } from "./view.ts";

/** Adds a model that one of the tenant's providers serves. */
export async function createModel(context: TenantContext, input: CreateModel): Promise<Result<ModelView>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const provider = await holdProvider(tx, tenantId, input.provider);
    if (provider === null) return unknownProvider(input.provider);
    const inserted = await insertModel(tx, {
      tenantId,
      id: deps.newId("model"),
      slug: input.slug,
      providerId: provider.id,
      upstreamModel: input.upstream_model,
      prices: input.prices,
      contextWindow: input.context_window,
      modalities: input.modalities,
      capabilities: input.capabilities,
      timeouts: input.timeouts,
    });
    if (inserted === null) {
      return refuse("conflict", { message: `There is already a model ${input.slug}.`, param: "slug" });
    }
    const row = { ...inserted, provider: input.provider };
    const changes = difference({}, auditedModel(row));
    return ok({
      value: modelView(row),
      audit: { tenantId, action: "model.create", targetKind: "model", targetId: row.id, changes },
    });
  });
}

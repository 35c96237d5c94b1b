import { ok, refuse, type Result } from "../../errors.ts";
import { modelsOf } from "../../routing/router-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { deleteModelRow, lockModel, openCandidates, publishedDocuments } from "./models.store.ts";
import { auditedModel } from "./view.ts";

/** Removes a model that no router's published version and no open rollout names; old versions and drafts may. */
export async function deleteModel(context: TenantContext, slug: string): Promise<Result<object>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockModel(tx, tenantId, slug);
    if (row === null) return refuse("not_found");
    const published = await publishedDocuments(tx, tenantId);
    const users = published.filter(({ document }) => modelsOf(document).includes(slug)).map((router) => router.slug);
    if (users.length > 0) {
      return refuse("conflict", { message: `The published versions of these routers use it: ${users.join(", ")}.` });
    }
    const open = await openCandidates(tx, tenantId);
    const tried = open.filter(({ candidate }) => [candidate.model, ...(candidate.fallbacks ?? [])].includes(slug));
    if (tried.length > 0) {
      return refuse("conflict", { message: `These rollouts try it: ${tried.map(({ id }) => id).join(", ")}.` });
    }
    await deleteModelRow(tx, row);
    const changes = difference(auditedModel(row), {});
    return ok({
      value: {},
      audit: { tenantId, action: "model.delete", targetKind: "model", targetId: row.id, changes },
    });
  });
}

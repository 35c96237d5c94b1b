import { ok, refuse, type Result } from "../../errors.ts";
import { mayUseRouter } from "../../tenancy/scopes.ts";
import type { TenantContext } from "../context.ts";
import { write } from "../write.ts";
import { deleteRecordingRow, sealedById } from "./recordings.store.ts";
import { notThisRouter } from "./router-of.ts";

export async function deleteRecording(
  context: TenantContext,
  slug: string,
  decisionId: string,
): Promise<Result<object>> {
  const { tenantId, key } = context;
  if (!mayUseRouter(key, slug)) return notThisRouter();
  return write(context, async (tx) => {
    const [row] = await sealedById(tx, tenantId, slug, decisionId);
    if (row === undefined || !(await deleteRecordingRow(tx, tenantId, decisionId))) return refuse("not_found");
    const audit = { tenantId, action: "recording.delete", targetKind: "recording", targetId: decisionId, changes: {} };
    return ok({ value: {}, audit });
  });
}

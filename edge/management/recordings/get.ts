import { ok, refuse, type Result } from "../../errors.ts";
import { openRecording } from "../../recordings/open-recording.ts";
import { mayUseRouter } from "../../tenancy/scopes.ts";
import { auditedRead } from "../audited-read.ts";
import type { TenantContext } from "../context.ts";
import { sealedById } from "./recordings.store.ts";
import { notThisRouter } from "./router-of.ts";
import type { OpenedRecording } from "./schema.ts";
import { openedView } from "./view.ts";

/** What was said in one request. Who reads it is told to the audit log first. */
export async function getRecording(
  context: TenantContext,
  slug: string,
  decisionId: string,
): Promise<Result<OpenedRecording>> {
  const { deps, tenantId, key } = context;
  if (!mayUseRouter(key, slug)) return notThisRouter();
  const found = await auditedRead(context, async (tx) => {
    const [row] = await sealedById(tx, tenantId, slug, decisionId);
    if (row === undefined) return refuse("not_found");
    return ok({ value: row, audit: { action: "recording.read", targetKind: "recording", targetId: decisionId } });
  });
  if (!found.ok) return found;
  const { sealed, ...row } = found.value;
  const said = await openRecording(deps, { tenantId, decisionId, sealed });
  return said === null ? unreadable() : ok(openedView(row, said));
}

export const unreadable = () =>
  refuse("conflict", { message: "This recording was sealed with a key that this deployment has no longer." });

import { ok, refuse, type Result } from "../../errors.ts";
import { hasScope, mayUseRouter } from "../../tenancy/scopes.ts";
import { auditedRead } from "../audited-read.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { routerNamed } from "./recordings.store.ts";
import { notThisRouter } from "./router-of.ts";

/**
 * Lets a key have what was said in many of a router's recordings, and tells the audit log so first. `action` is
 * `recording.…`, `asked` what it asks for. Gives the router's id.
 */
export async function admitReader(
  context: TenantContext,
  slug: string,
  action: string,
  asked: object,
): Promise<Result<string>> {
  const { tenantId, key } = context;
  if (!hasScope(key, "recordings:read")) return lacksScope();
  if (!mayUseRouter(key, slug)) return notThisRouter();
  return auditedRead(context, async (tx) => {
    const [router] = await routerNamed(tx, tenantId, slug);
    if (router === undefined) return refuse("not_found");
    const audit = { action, targetKind: "router", targetId: router.id, changes: difference({}, asked) };
    return ok({ value: router.id, audit });
  });
}

export const lacksScope = () =>
  refuse("insufficient_scope", { message: "What was said needs a key with scope recordings:read." });

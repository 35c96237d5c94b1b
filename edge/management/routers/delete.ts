import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { deleteRouterRow, lockRouter } from "./routers.store.ts";

/** Removes a router with its draft and versions; requests for it are refused within the snapshot's bound. */
export async function deleteRouter(context: TenantContext, slug: string): Promise<Result<object>> {
  const { tenantId } = context;
  return write(context, async (tx) => {
    const router = await lockRouter(tx, tenantId, slug);
    if (router === null) return refuse("not_found");
    await deleteRouterRow(tx, router);
    const changes = difference({ slug, published_version: router.publishedVersion }, {});
    return ok({
      value: {},
      audit: { tenantId, action: "router.delete", targetKind: "router", targetId: router.id, changes },
    });
  });
}

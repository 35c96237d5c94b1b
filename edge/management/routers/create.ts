import { ok, refuse, type Result } from "../../errors.ts";
import { emptyDraft } from "../../routing/draft-document.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { insertRouter } from "./routers.store.ts";
import type { CreateRouter, RouterView } from "./schema.ts";
import { routerView } from "./view.ts";

/** A new router, and the version of its empty draft that a first edit must name. */
export interface CreatedRouter {
  readonly router: RouterView;
  readonly etag: string;
}

/** Makes a router with an empty draft. It serves no traffic before its first publish. */
export async function createRouter(context: TenantContext, input: CreateRouter): Promise<Result<CreatedRouter>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const { slug } = input;
    const etag = deps.newId("draft");
    const row = await insertRouter(tx, { tenantId, id: deps.newId("router"), slug }, { etag, document: emptyDraft() });
    if (row === null) return refuse("conflict", { message: `There is already a router ${slug}.`, param: "slug" });
    const changes = difference({}, { slug });
    return ok({
      value: { router: routerView(row), etag },
      audit: { tenantId, action: "router.create", targetKind: "router", targetId: row.id, changes },
    });
  });
}

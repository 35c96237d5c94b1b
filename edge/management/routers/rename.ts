import { ok, refuse, type Result } from "../../errors.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { isSlugTaken, lockRouter, renameInKeys, setSlug } from "./routers.store.ts";
import type { RenameRouter, RouterView } from "./schema.ts";
import { routerView } from "./view.ts";

/** Gives a router another slug. Keys that are limited to it stay so under its new name. */
export async function renameRouter(
  context: TenantContext,
  slug: string,
  input: RenameRouter,
): Promise<Result<RouterView>> {
  const { tenantId } = context;
  try {
    return await write(context, async (tx) => {
      const router = await lockRouter(tx, tenantId, slug);
      if (router === null) return refuse("not_found");
      if (input.slug === slug) return ok({ value: routerView(router), audit: null });
      await setSlug(tx, router, input.slug);
      await renameInKeys(tx, tenantId, slug, input.slug);
      const changes = difference({ slug }, { slug: input.slug });
      return ok({
        value: routerView({ ...router, slug: input.slug }),
        audit: { tenantId, action: "router.rename", targetKind: "router", targetId: router.id, changes },
      });
    });
  } catch (error) {
    if (!isSlugTaken(error)) throw error;
    return refuse("conflict", { message: `There is already a router ${input.slug}.`, param: "slug" });
  }
}

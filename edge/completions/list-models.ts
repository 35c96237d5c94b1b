import { ok, refuse, type Result } from "../errors.ts";
import { mayUseModel, mayUseRouter } from "../tenancy/scopes.ts";
import type { Principal } from "../tenancy/snapshot.ts";

/** One entry of OpenAI's model list; `created` in seconds since the epoch. */
export interface ListedModel {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
}

/** The tenant's models and published routers, as far as this key may use them; `auto` stands for the default router. */
export function listModels({ tenant, key }: Principal): ListedModel[] {
  const models = [...tenant.models.values()]
    .filter((model) => mayUseModel(key, model.slug))
    .map((model) => listed(model.slug, model.created_at, model.provider));
  const routers = [...tenant.routers.values()]
    .filter((router) => mayUseRouter(key, router.slug))
    .flatMap((router) => {
      const ids = [...(router.slug === "default" ? ["auto"] : []), `router/${router.slug}`];
      return ids.map((id) => listed(id, router.published_at, "signalbox"));
    });
  return [...routers, ...models];
}

export function getModel(principal: Principal, id: string): Result<ListedModel> {
  const found = listModels(principal).find((model) => model.id === id);
  if (found !== undefined) return ok(found);
  return refuse("model_not_found", { message: `The model ${JSON.stringify(id)} does not exist.`, param: "model" });
}

function listed(id: string, createdAt: string, owner: string): ListedModel {
  return { id, object: "model", created: Math.floor(Date.parse(createdAt) / 1000), owned_by: owner };
}

import { ok, refuse, type Result } from "../errors.ts";
import { mayUseModel, mayUseRouter } from "../tenancy/scopes.ts";
import type { Model, Principal, PublishedRouter } from "../tenancy/snapshot.ts";

const ROUTER_PREFIX = "router/";
/** `auto` is short for this router. */
const DEFAULT_ROUTER = "default";

export type RequestedModel =
  { readonly kind: "model"; readonly model: Model } | { readonly kind: "router"; readonly router: PublishedRouter };

/** What a request's `model` names among what its tenant has and its key may use. */
export function requestedModel({ tenant, key }: Principal, name: string): Result<RequestedModel> {
  const slug = routerSlug(name);
  if (slug === null) {
    const model = tenant.models.get(name);
    if (model === undefined) return unknown(name);
    return mayUseModel(key, name) ? ok({ kind: "model", model }) : notAllowed(name);
  }
  const router = tenant.routers.get(slug);
  if (router === undefined) return unknown(name);
  return mayUseRouter(key, slug) ? ok({ kind: "router", router }) : notAllowed(name);
}

function routerSlug(name: string): string | null {
  if (name === "auto") return DEFAULT_ROUTER;
  return name.startsWith(ROUTER_PREFIX) ? name.slice(ROUTER_PREFIX.length) : null;
}

const unknown = (name: string): Result<never> =>
  refuse("model_not_found", { message: `The model ${JSON.stringify(name)} does not exist.`, param: "model" });

const notAllowed = (name: string): Result<never> =>
  refuse("model_not_allowed", { message: `This API key may not use ${JSON.stringify(name)}.`, param: "model" });

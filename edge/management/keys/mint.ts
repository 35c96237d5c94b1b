import type { Deps } from "../../deps.ts";
import { hashApiKey, mintApiKey } from "../../tenancy/api-key.ts";
import type { CreateKey } from "./schema.ts";
import type { KeyRow } from "./keys.store.ts";

export interface Minted {
  readonly row: KeyRow & { readonly hash: string };
  /** The only copy of the token. */
  readonly token: string;
}

/** Makes a tenant key; keys of a development deployment say so and are refused by one in production. */
export async function mintKey(deps: Deps, tenantId: string, input: CreateKey): Promise<Minted> {
  const environment = deps.env.ENVIRONMENT === "production" ? "live" : "dev";
  const { token, displayPrefix } = mintApiKey(environment, deps.random);
  const row = {
    tenantId,
    id: deps.newId("key"),
    name: input.name,
    environment,
    hash: await hashApiKey(token),
    displayPrefix,
    scopes: input.scopes,
    allowedModels: input.allowed_models,
    allowedRouters: input.allowed_routers,
    expiresAt: input.expires_at,
    revokedAt: null,
    lastUsedAt: null,
    createdAt: new Date(deps.now()).toISOString(),
  };
  return { row, token };
}

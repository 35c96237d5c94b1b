import type { Deps } from "../deps.ts";
import { open } from "../tenancy/secrets.ts";
import type { Provider } from "../tenancy/snapshot.ts";

/** Opens the credentials of one tenant's providers; what cannot be opened is logged by id and thrown on. */
export function openCredential(deps: Deps, tenantId: string): (provider: Provider) => Promise<string | null> {
  return async ({ id, credential }) => {
    if (credential === null) return null;
    try {
      return await open(deps.env.CREDENTIAL_KEYS, { tenantId, ownerId: id }, credential);
    } catch (error) {
      deps.log("error", "credential_unreadable", { tenant_id: tenantId, provider_id: id, key_id: credential.key_id });
      throw error;
    }
  };
}

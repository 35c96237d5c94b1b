import { ok, refuse, type Result } from "../../errors.ts";
import { seal } from "../../tenancy/secrets.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { checkAddress } from "./check-address.ts";
import { insertProvider } from "./providers.store.ts";
import type { CreateProvider, ProviderView } from "./schema.ts";
import { auditedProvider, providerView } from "./view.ts";

/** Adds a provider; its credential is sealed before it reaches the database. */
export async function createProvider(context: TenantContext, input: CreateProvider): Promise<Result<ProviderView>> {
  const { deps, tenantId } = context;
  const allowed = checkAddress(deps.env, input.kind, input.base_url);
  if (!allowed.ok) return allowed;
  const id = deps.newId("provider");
  const { credential } = input;
  const sealed =
    credential === null ? null : await seal(deps.env.CREDENTIAL_KEYS, { tenantId, ownerId: id }, credential);
  return write(context, async (tx) => {
    const { slug, kind, base_url: baseUrl } = input;
    const row = await insertProvider(tx, { tenantId, id, slug, kind, baseUrl, credential: sealed });
    if (row === null) return refuse("conflict", { message: `There is already a provider ${slug}.`, param: "slug" });
    const changes = difference({}, auditedProvider(row));
    return ok({
      value: providerView(row),
      audit: { tenantId, action: "provider.create", targetKind: "provider", targetId: id, changes },
    });
  });
}

import { ok, refuse, type Result } from "../../errors.ts";
import { resealed, seal } from "../../tenancy/secrets.ts";
import { providerKindSchema, type ProviderKind } from "../../tenancy/snapshot.ts";
import { baseUrlOf } from "../../upstream/base-url-of.ts";
import type { TenantContext } from "../context.ts";
import { difference } from "../difference.ts";
import { write } from "../write.ts";
import { checkAddress } from "./check-address.ts";
import { lockProvider, updateProviderRow, type ProviderRow } from "./providers.store.ts";
import type { ProviderView, UpdateProvider } from "./schema.ts";
import { auditedProvider, providerView } from "./view.ts";

/**
 * Changes the fields that are given. A new origin or kind clears the credential in the same statement, unless a new
 * one comes with it: a credential never follows to an address it was not given for.
 */
export async function updateProvider(
  context: TenantContext,
  slug: string,
  input: UpdateProvider,
): Promise<Result<ProviderView>> {
  const { deps, tenantId } = context;
  return write(context, async (tx) => {
    const row = await lockProvider(tx, tenantId, slug);
    if (row === null) return refuse("not_found");
    const kind = input.kind ?? providerKindSchema.parse(row.kind);
    const baseUrl = input.base_url === undefined ? row.baseUrl : input.base_url;
    const allowed = checkAddress(deps.env, kind, baseUrl);
    if (!allowed.ok) return allowed;
    const stays = kind === row.kind && origin(kind, baseUrl) === origin(kind, row.baseUrl);
    const kept = stays ? row.credential : null;
    const credential = await newCredential(context, row, input, kept);
    const updated = await updateProviderRow(tx, row, { kind, baseUrl, credential });
    const changes = {
      ...difference(auditedProvider(row), auditedProvider(updated)),
      ...(typeof input.credential === "string" && { "/credential": { from: "hidden", to: "replaced" } }),
    };
    const nothing = Object.keys(changes).length === 0;
    return ok({
      value: providerView(updated),
      audit: nothing
        ? null
        : { tenantId, action: "provider.update", targetKind: "provider", targetId: row.id, changes },
    });
  });
}

async function newCredential(
  context: TenantContext,
  row: ProviderRow,
  input: UpdateProvider,
  kept: ProviderRow["credential"],
): Promise<ProviderRow["credential"]> {
  const { CREDENTIAL_KEYS: ring } = context.deps.env;
  const owner = { tenantId: context.tenantId, ownerId: row.id };
  if (typeof input.credential === "string") return seal(ring, owner, input.credential);
  if (input.credential === null || kept === null) return null;
  return resealed(ring, owner, kept);
}

/** Where the credential goes to: a vendor's own address, given or not, is one origin. */
function origin(kind: ProviderKind, baseUrl: string | null): string | null {
  const url = baseUrlOf(kind, baseUrl);
  return url === null ? null : new URL(url).origin;
}

import { ok, type Result } from "../../errors.ts";
import type { OperatorContext } from "../context.ts";
import { difference } from "../difference.ts";
import { mintKey } from "../keys/mint.ts";
import { write } from "../write.ts";
import type { CreatedTenant, CreateTenant } from "./schema.ts";
import { insertTenant } from "./tenants.store.ts";
import { tenantView } from "./view.ts";

/** Makes a tenant with a first key of scope `admin`, whose token is in this answer only. */
export async function createTenant(context: OperatorContext, input: CreateTenant): Promise<Result<CreatedTenant>> {
  const { deps } = context;
  const createdAt = new Date(deps.now()).toISOString();
  const tenant = { id: deps.newId("tenant"), name: input.name, status: "active" as const, paidEngines: [], createdAt };
  const { row, token } = await mintKey(deps, tenant.id, {
    name: "admin",
    scopes: ["admin"],
    expires_at: null,
    allowed_models: null,
    allowed_routers: null,
  });
  return write(context, async (tx) => {
    await insertTenant(tx, tenant, row);
    const view = tenantView(tenant);
    const changes = difference({}, { name: tenant.name, admin_key: row.id });
    return ok({
      value: { ...view, admin_key: { id: row.id, token } },
      replay: { ...view, admin_key: { id: row.id, token_already_shown: true } },
      audit: { tenantId: tenant.id, action: "tenant.create", targetKind: "tenant", targetId: tenant.id, changes },
    });
  });
}

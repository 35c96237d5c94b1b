import type { FullSnapshotRow } from "../../edge/tenancy/snapshot.ts";

type KeyFields = Partial<FullSnapshotRow["key"]>;

/** A snapshot row as the database gives it: one tenant, one key, no models. */
export function snapshotRow(
  fields: Partial<Omit<FullSnapshotRow, "key">> & { readonly key?: KeyFields } = {},
): FullSnapshotRow {
  return {
    revision: 1,
    tenant: { id: "ten_a", status: "active" },
    paid_engines: [],
    providers: [],
    models: [],
    routers: [],
    rollouts: [],
    router_rollouts: [],
    ...fields,
    key: {
      id: "key_a",
      environment: "live",
      scopes: ["inference"],
      expires_at: null,
      revoked_at: null,
      allowed_models: null,
      allowed_routers: null,
      ...fields.key,
    },
  };
}

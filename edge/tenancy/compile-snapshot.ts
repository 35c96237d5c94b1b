import type { FullSnapshotRow, TenantConfig } from "./snapshot.ts";

/** A tenant's configuration as requests look things up in it, by slug. */
export function compileSnapshot(row: FullSnapshotRow): TenantConfig {
  const { tenant, revision, paid_engines, providers, models, routers, rollouts, router_rollouts: ofRouters } = row;
  return {
    tenantId: tenant.id,
    status: tenant.status,
    revision,
    paidEngines: paid_engines,
    providers: bySlug(providers),
    models: bySlug(models),
    routers: bySlug(routers),
    rollouts,
    routerRollouts: new Map(ofRouters.map((rollout) => [rollout.router, rollout])),
  };
}

const bySlug = <T extends { readonly slug: string }>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [item.slug, item]));

import type { Scope, SnapshotKey } from "./snapshot.ts";

/** `admin` stands for every scope of the tenant. */
export function hasScope({ scopes }: SnapshotKey, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes("admin");
}

/** Whether the key's own list of models, if it has one, names `slug`. No scope overrides the list. */
export function mayUseModel({ allowed_models }: SnapshotKey, slug: string): boolean {
  return allowed_models === null || allowed_models.includes(slug);
}

/** Whether the key's own list of routers, if it has one, names `slug`. No scope overrides the list. */
export function mayUseRouter({ allowed_routers }: SnapshotKey, slug: string): boolean {
  return allowed_routers === null || allowed_routers.includes(slug);
}

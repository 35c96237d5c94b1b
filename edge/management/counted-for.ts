import type { Decider } from "../decider/decider.ts";
import { counted } from "../evaluation/counted.ts";
import type { TenantContext } from "./context.ts";

/** What a management request that decides comes to, counted for the tenant; to the end, though its client may leave. */
export function countedFor<T>(
  { deps, tenantId, key, requestId, waitUntil }: TenantContext,
  router: string,
  work: (decider: Pick<Decider, "decide">) => Promise<T>,
): Promise<T> {
  const done = counted(deps, { tenantId, keyId: key.id, router, requestId }, waitUntil, work);
  waitUntil(done.catch(() => undefined));
  return done;
}

import type { Deps } from "../deps.ts";
import type { Principal } from "../tenancy/snapshot.ts";

/** Hono's type argument for every app and route of the edge. */
export interface AppEnv {
  Bindings: Record<string, unknown>;
  Variables: {
    deps: Deps;
    requestId: string;
    /** `deps.now()` when the request arrived. */
    startedAt: number;
    /** Set by the authentication middleware on tenant routes; reading it elsewhere is a bug. */
    principal: Principal;
    /** Milliseconds that authentication took. */
    authMs: number;
  };
}

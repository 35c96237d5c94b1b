import { createMiddleware } from "hono/factory";
import { hasScope } from "../tenancy/scopes.ts";
import type { Scope } from "../tenancy/snapshot.ts";
import type { AppEnv } from "./app-env.ts";
import { respond } from "./respond.ts";

/** The scope a route asks for, as data on the route. */
export const requireScope = (scope: Scope) =>
  createMiddleware<AppEnv>(async (c, next) => {
    if (!hasScope(c.get("principal").key, scope)) {
      return respond(c, { code: "insufficient_scope", message: `This operation needs a key with scope ${scope}.` });
    }
    await next();
    return undefined;
  });

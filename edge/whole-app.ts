import type { OpenAPIHono } from "@hono/zod-openapi";
import { createApp } from "./app.ts";
import type { Deps } from "./deps.ts";
import type { AppEnv } from "./http/app-env.ts";
import { managementRoutes } from "./management/routes.ts";
import { referenceRoutes } from "./reference/route.ts";

/** Everything that the edge answers: the management surface and its reference, too. */
export function createWholeApp(depsOf: (bindings: Record<string, unknown>) => Deps): OpenAPIHono<AppEnv> {
  return createApp(depsOf, (app) => {
    app.route("/api/v1", managementRoutes());
    app.route("/", referenceRoutes(app));
  });
}

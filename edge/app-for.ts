import type { OpenAPIHono } from "@hono/zod-openapi";
import { createApp } from "./app.ts";
import type { Deps } from "./deps.ts";
import type { AppEnv } from "./http/app-env.ts";

/** Addresses of what `createApp` serves by itself; matched as they are, for taking each apart would cost each request. */
const SERVED_AT_ONCE = /^https?:\/\/[^/]+\/(?:v1\/|webhooks\/|(?:healthz|readyz)(?:\?|$))/;

/**
 * Gives the app that answers a request. The management surface and its schemas are half of what an isolate would make
 * before it can serve anything, so they are made when they are first asked for. Each request awaits an import of its own:
 * one whose client has gone must not hold the promise of another.
 */
export function createAppFor(
  depsOf: (bindings: Record<string, unknown>) => Deps,
): (request: Request) => Promise<OpenAPIHono<AppEnv>> {
  const app = createApp(depsOf);
  let whole: OpenAPIHono<AppEnv> | null = null;
  return async (request) => {
    if (SERVED_AT_ONCE.test(request.url)) return app;
    const { createWholeApp } = await import("./whole-app.ts");
    whole ??= createWholeApp(depsOf);
    return whole;
  };
}

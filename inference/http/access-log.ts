import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Deps } from "../deps.ts";
import type { Metrics } from "../metrics.ts";
import type { AppEnv } from "./app-env.ts";

const UNLOGGED = new Set(["/healthz", "/readyz", "/metrics"]);

/** One line and one observation a request: route, status, milliseconds. Probes are counted but not logged. */
export function accessLog(deps: Pick<Deps, "log" | "now">, metrics: Metrics): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await next();
    const durationMs = deps.now() - c.get("arrivedAt");
    const route = routePath(c, -1);
    const status = c.res.status;
    metrics.requestSeconds.observe({ route, status: String(status) }, durationMs / 1000);
    if (UNLOGGED.has(route) && status < 500) return;
    deps.log(status >= 500 ? "warn" : "info", "request", {
      requestId: c.get("requestId"),
      route,
      status,
      engine: c.get("engine"),
      ms: Math.round(durationMs * 100) / 100,
    });
  };
}

import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { AppEnv } from "./app-env.ts";

/** One line a request: who, which route, how it ended. Never a path parameter, query, body or key. */
export const accessLog = createMiddleware<AppEnv>(async (c, next) => {
  const deps = c.get("deps");
  await next();
  const principal = c.get("principal") as AppEnv["Variables"]["principal"] | undefined;
  deps.log(c.res.status >= 500 ? "warn" : "info", "request", {
    request_id: c.get("requestId"),
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    duration_ms: deps.now() - c.get("startedAt"),
    tenant_id: principal?.tenant.tenantId,
    key_id: principal?.key.id,
    decision_id: c.res.headers.get("x-signalbox-decision"),
  });
});

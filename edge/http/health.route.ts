import { createRoute, z } from "@hono/zod-openapi";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { readiness } from "../readiness.ts";
import type { AppEnv } from "./app-env.ts";
import { newRouter } from "./new-router.ts";

const healthz = createRoute({
  method: "get",
  path: "/healthz",
  tags: ["Health"],
  summary: "Whether the process answers",
  security: [],
  responses: {
    200: { description: "It does", content: { "application/json": { schema: z.object({ status: z.literal("ok") }) } } },
  },
});

const readinessSchema = z.object({ status: z.enum(["ready", "unavailable"]), missing: z.array(z.string()) });

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  tags: ["Health"],
  summary: "Whether requests can be served; names what is missing",
  security: [],
  responses: {
    200: { description: "Ready", content: { "application/json": { schema: readinessSchema } } },
    503: { description: "Something is missing", content: { "application/json": { schema: readinessSchema } } },
  },
});

export function healthRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(healthz, (c) => c.json({ status: "ok" as const }, 200));
  router.openapi(readyz, async (c) => {
    const missing = await readiness(c.get("deps"));
    return missing.length === 0
      ? c.json({ status: "ready" as const, missing }, 200)
      : c.json({ status: "unavailable" as const, missing }, 503);
  });
  return router;
}

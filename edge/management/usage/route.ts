import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer } from "../answer.ts";
import { json, needs, responses } from "../operation.schema.ts";
import { tenantContext } from "../request-context.ts";
import { readUsage } from "./read.ts";
import { usageQuerySchema, usageSchema } from "./schema.ts";

const read = createRoute({
  method: "get",
  path: "/usage",
  ...needs("usage:read"),
  tags: ["Usage"],
  summary: "Requests, tokens, cost, errors and latency by hour or day",
  request: { query: usageQuerySchema },
  responses: responses(json(200, "Sums by bucket and group, oldest first", usageSchema), "validation_failed"),
});

export function usageRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(read, async (c) => answer(c, await readUsage(tenantContext(c), c.req.valid("query"))));
  return router;
}

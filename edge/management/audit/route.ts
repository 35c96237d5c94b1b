import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer } from "../answer.ts";
import { json, needs, responses } from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { listOf } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { listAudit } from "./list.ts";
import { auditEntrySchema, auditQuerySchema } from "./schema.ts";

const list = createRoute({
  method: "get",
  path: "/audit-log",
  ...needs("admin"),
  tags: ["Audit log"],
  summary: "List who changed what, newest first",
  request: { query: auditQuerySchema },
  responses: responses(json(200, "A page of the audit log", listOf(auditEntrySchema)), "validation_failed"),
});

export function auditRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    return answer(c, await listAudit(tenantContext(c), filter, pageOf({ limit, cursor })));
  });
  return router;
}

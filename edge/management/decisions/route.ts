import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer } from "../answer.ts";
import { json, needs, responses } from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { idParam, listOf } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { exportDecisions } from "./export.ts";
import { getDecision } from "./get.ts";
import { listDecisions } from "./list.ts";
import { decisionQuerySchema, decisionSchema } from "./schema.ts";

const common = { ...needs("usage:read"), tags: ["Decisions"] };

const list = createRoute({
  method: "get",
  path: "/decisions",
  ...common,
  summary: "List receipts, newest first",
  request: { query: decisionQuerySchema },
  responses: responses(
    {
      status: 200,
      description: "A page of receipts, or all of them",
      content: {
        "application/json": { schema: listOf(decisionSchema) },
        "application/jsonl": { schema: z.string().openapi({ description: "Lines of `Decision`." }) },
      },
    },
    "validation_failed",
  ),
});

const get = createRoute({
  method: "get",
  path: "/decisions/{id}",
  ...common,
  summary: "Read a receipt",
  description: "Receipts are written after the answer: for up to a minute a new one is `decision_pending`.",
  request: { params: z.object({ id: idParam("decision") }) },
  responses: responses(json(200, "The receipt", decisionSchema), "not_found", "decision_pending"),
});

export function decisionRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(list, async (c) => {
    const { limit, cursor, format, ...filter } = c.req.valid("query");
    if (format === "jsonl") {
      const lines = await exportDecisions(tenantContext(c), filter, cursor ?? null);
      return c.body(lines, 200, { "content-type": "application/jsonl" });
    }
    return answer(c, await listDecisions(tenantContext(c), filter, pageOf({ limit, cursor })));
  });
  router.openapi(get, async (c) => answer(c, await getDecision(tenantContext(c), c.req.valid("param").id)));
  return router;
}

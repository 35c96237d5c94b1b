import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer } from "../answer.ts";
import { json, needs, responses } from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { idParam, listOf } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { exportFeedback } from "./export.ts";
import { getFeedback } from "./get.ts";
import { listFeedback } from "./list.ts";
import { feedbackQuerySchema, feedbackSchema } from "./schema.ts";

const common = { ...needs("usage:read"), tags: ["Feedback"] };

const list = createRoute({
  method: "get",
  path: "/feedback",
  ...common,
  summary: "List feedback, newest first, or export it",
  request: { query: feedbackQuerySchema },
  responses: responses(
    {
      status: 200,
      description: "A page of feedback, or all of it",
      content: {
        "application/json": { schema: listOf(feedbackSchema) },
        "application/jsonl": { schema: z.string().openapi({ description: "Lines of `Feedback`." }) },
      },
    },
    "validation_failed",
  ),
});

const get = createRoute({
  method: "get",
  path: "/feedback/{id}",
  ...common,
  summary: "Read feedback",
  request: { params: z.object({ id: idParam("feedback") }) },
  responses: responses(json(200, "The feedback", feedbackSchema), "not_found"),
});

export function feedbackListRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(list, async (c) => {
    const { limit, cursor, format, ...filter } = c.req.valid("query");
    if (format === "jsonl") {
      const lines = await exportFeedback(tenantContext(c), filter, cursor ?? null);
      return c.body(lines, 200, { "content-type": "application/jsonl" });
    }
    return answer(c, await listFeedback(tenantContext(c), filter, pageOf({ limit, cursor })));
  });
  router.openapi(get, async (c) => answer(c, await getFeedback(tenantContext(c), c.req.valid("param").id)));
  return router;
}

import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer } from "../answer.ts";
import { pageOf } from "../page.ts";
import { tenantContext } from "../request-context.ts";
import { cancelEvaluation } from "./cancel.ts";
import { createEvaluation } from "./create.ts";
import { getEvaluation } from "./get.ts";
import { listEvaluations } from "./list.ts";
import * as operations from "./operations.schema.ts";

/** Runs of known conversations against a revision of a router. */
export function evaluationRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(operations.create, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await createEvaluation(tenantContext(c, input), c.req.valid("param").slug, input), 202);
  });
  router.openapi(operations.list, async (c) =>
    answer(c, await listEvaluations(tenantContext(c), c.req.valid("param").slug, pageOf(c.req.valid("query")))),
  );
  router.openapi(operations.get, async (c) => {
    const { slug, evaluation } = c.req.valid("param");
    return answer(c, await getEvaluation(tenantContext(c), slug, evaluation));
  });
  router.openapi(operations.cancel, async (c) => {
    const { slug, evaluation } = c.req.valid("param");
    return answer(c, await cancelEvaluation(tenantContext(c), slug, evaluation));
  });
  return router;
}

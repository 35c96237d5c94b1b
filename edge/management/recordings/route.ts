import type { OpenAPIHono } from "@hono/zod-openapi";
import { ok } from "../../errors.ts";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { respond } from "../../http/respond.ts";
import { answer, etagOf } from "../answer.ts";
import { pageOf } from "../page.ts";
import { tenantContext } from "../request-context.ts";
import { dataSet } from "./data-set.schema.ts";
import { deleteRecordings } from "./delete-many.ts";
import { deleteRecording } from "./delete.ts";
import { exportDataSet } from "./export-data-set.ts";
import { getRecording } from "./get.ts";
import { listRecordings } from "./list.ts";
import { makeGoldenCase } from "./make-golden-case.ts";
import * as operations from "./operations.schema.ts";

/** What was said to a router whose owner records. */
export function recordingRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(operations.list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const { slug } = c.req.valid("param");
    return answer(c, await listRecordings(tenantContext(c), slug, filter, pageOf({ limit, cursor })));
  });
  router.openapi(operations.get, async (c) => {
    const { slug, decision } = c.req.valid("param");
    return answer(c, await getRecording(tenantContext(c), slug, decision));
  });
  router.openapi(operations.remove, async (c) => {
    const { slug, decision } = c.req.valid("param");
    return answer(c, await deleteRecording(tenantContext(c), slug, decision), 204);
  });
  router.openapi(operations.removeMany, async (c) => {
    const filter = c.req.valid("query");
    return answer(c, await deleteRecordings(tenantContext(c, filter), c.req.valid("param").slug, filter));
  });
  router.openapi(operations.makeCase, async (c) => {
    const { slug, decision } = c.req.valid("param");
    const input = c.req.valid("json");
    const made = await makeGoldenCase(tenantContext(c, input), slug, decision, input);
    return answer(c, made.ok ? ok(made.value.view) : made, 201, etagOf(made));
  });
  router.openapi(dataSet, async (c) => {
    const lines = await exportDataSet(tenantContext(c), c.req.valid("param").slug, c.req.valid("query"));
    if (!lines.ok) return respond(c, lines.refusal);
    return c.body(lines.value, 200, { "content-type": "application/jsonl" });
  });
  return router;
}

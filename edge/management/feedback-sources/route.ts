import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer } from "../answer.ts";
import { BODY_REFUSALS, json, jsonBody, needs, NO_CONTENT, responses, writeHeaders } from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { idParam, listOf, pageQuery } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { createSource } from "./create.ts";
import { deleteSource } from "./delete.ts";
import { getSource } from "./get.ts";
import { listSources } from "./list.ts";
import { rotateSource } from "./rotate.ts";
import { createdSourceSchema, createSourceSchema, rotateSourceSchema, sourceSchema } from "./schema.ts";

const common = { ...needs("keys:write"), tags: ["Feedback"] };
const params = z.object({ id: idParam("feedback_source") });

const create = createRoute({
  method: "post",
  path: "/feedback-sources",
  ...common,
  summary: "Let an evaluation platform send feedback as signed messages",
  description: "Its messages go to `path`, signed as Standard Webhooks with the secret in this answer.",
  request: { headers: writeHeaders, body: jsonBody(createSourceSchema, { name: "nightly evaluation" }) },
  responses: responses(
    json(201, "The source, with a secret that was made", createdSourceSchema),
    ...BODY_REFUSALS,
    "idempotency_key_reused",
  ),
});

const list = createRoute({
  method: "get",
  path: "/feedback-sources",
  ...common,
  summary: "List feedback sources, newest first",
  request: { query: pageQuery("feedback_source") },
  responses: responses(json(200, "A page of feedback sources", listOf(sourceSchema)), "validation_failed"),
});

const get = createRoute({
  method: "get",
  path: "/feedback-sources/{id}",
  ...common,
  summary: "Read a feedback source",
  request: { params },
  responses: responses(json(200, "The source, without its secrets", sourceSchema), "not_found"),
});

const rotate = createRoute({
  method: "post",
  path: "/feedback-sources/{id}/rotate",
  ...common,
  summary: "Give a feedback source a new secret; the old one signs until the overlap ends",
  description: "In force at once. Of two secrets that a source has, the older one goes.",
  request: { params, headers: writeHeaders, body: jsonBody(rotateSourceSchema, { overlap_seconds: 86_400 }) },
  responses: responses(
    json(200, "The source, with a secret that was made", createdSourceSchema),
    ...BODY_REFUSALS,
    "not_found",
    "idempotency_key_reused",
  ),
});

const remove = createRoute({
  method: "delete",
  path: "/feedback-sources/{id}",
  ...common,
  summary: "Delete a feedback source; the feedback that it has sent stays",
  request: { params, headers: writeHeaders },
  responses: responses(NO_CONTENT, "not_found", "idempotency_key_reused", "validation_failed"),
});

export function feedbackSourceRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(create, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await createSource(tenantContext(c, input), input), 201);
  });
  router.openapi(list, async (c) => answer(c, await listSources(tenantContext(c), pageOf(c.req.valid("query")))));
  router.openapi(get, async (c) => answer(c, await getSource(tenantContext(c), c.req.valid("param").id)));
  router.openapi(rotate, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await rotateSource(tenantContext(c, input), c.req.valid("param").id, input));
  });
  router.openapi(remove, async (c) => answer(c, await deleteSource(tenantContext(c), c.req.valid("param").id), 204));
  return router;
}

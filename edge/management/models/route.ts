import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { modelSlugSchema } from "../../routing/router-document.ts";
import { answer } from "../answer.ts";
import { BODY_REFUSALS, json, jsonBody, needs, NO_CONTENT, responses, writeHeaders } from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { listOf, pageQuery } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { createModel } from "./create.ts";
import { deleteModel } from "./delete.ts";
import { getModel } from "./get.ts";
import { listModels } from "./list.ts";
import { createModelSchema, modelSchema, updateModelSchema } from "./schema.ts";
import { updateModel } from "./update.ts";

const common = { ...needs("models:write"), tags: ["Models"] };
const params = z.object({
  slug: modelSlugSchema.openapi({ description: "A slash in it is written %2F." }),
});

const create = createRoute({
  method: "post",
  path: "/models",
  ...common,
  summary: "Add a model",
  request: {
    headers: writeHeaders,
    body: jsonBody(createModelSchema, {
      slug: "gpt-5-mini",
      provider: "openai",
      upstream_model: "gpt-5-mini-2025-08-07",
      prices: { input_per_million: 0.25, cached_input_per_million: 0.025, output_per_million: 2 },
      context_window: 400_000,
      modalities: ["text", "image"],
    }),
  },
  responses: responses(json(201, "The model", modelSchema), ...BODY_REFUSALS, "conflict", "idempotency_key_reused"),
});

const list = createRoute({
  method: "get",
  path: "/models",
  ...common,
  summary: "List models, newest first",
  request: { query: pageQuery("model") },
  responses: responses(json(200, "A page of models", listOf(modelSchema)), "validation_failed"),
});

const get = createRoute({
  method: "get",
  path: "/models/{slug}",
  ...common,
  summary: "Read a model",
  request: { params },
  responses: responses(json(200, "The model", modelSchema), "not_found"),
});

const update = createRoute({
  method: "patch",
  path: "/models/{slug}",
  ...common,
  summary: "Change a model",
  request: { params, headers: writeHeaders, body: jsonBody(updateModelSchema, { context_window: 128_000 }) },
  responses: responses(json(200, "The model", modelSchema), ...BODY_REFUSALS, "not_found", "idempotency_key_reused"),
});

const remove = createRoute({
  method: "delete",
  path: "/models/{slug}",
  ...common,
  summary: "Delete a model that no published router uses",
  request: { params, headers: writeHeaders },
  responses: responses(NO_CONTENT, "not_found", "conflict", "idempotency_key_reused", "validation_failed"),
});

export function modelRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(create, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await createModel(tenantContext(c, input), input), 201);
  });
  router.openapi(list, async (c) => answer(c, await listModels(tenantContext(c), pageOf(c.req.valid("query")))));
  router.openapi(get, async (c) => answer(c, await getModel(tenantContext(c), c.req.valid("param").slug)));
  router.openapi(update, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await updateModel(tenantContext(c, input), c.req.valid("param").slug, input));
  });
  router.openapi(remove, async (c) => answer(c, await deleteModel(tenantContext(c), c.req.valid("param").slug), 204));
  return router;
}

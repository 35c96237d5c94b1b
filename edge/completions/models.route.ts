import { createRoute, z } from "@hono/zod-openapi";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../http/app-env.ts";
import { newRouter } from "../http/new-router.ts";
import { respond } from "../http/respond.ts";
import { modelErrorResponses, sharedErrorResponses } from "./error-responses.schema.ts";
import { getModel, listModels } from "./list-models.ts";

const modelSchema = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.number().int().openapi({ description: "Seconds since the epoch" }),
    owned_by: z.string(),
  })
  .openapi("Model");

const listSchema = z.object({ object: z.literal("list"), data: z.array(modelSchema) }).openapi("ModelList");

const list = createRoute({
  method: "get",
  path: "/v1/models",
  tags: ["Inference"],
  summary: "The models and routers this key may use",
  responses: {
    200: { description: "All of them", content: { "application/json": { schema: listSchema } } },
    ...sharedErrorResponses,
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/models/{id}",
  tags: ["Inference"],
  summary: "One model or router",
  request: {
    params: z.object({ id: z.string().openapi({ description: "May hold `/` and `:`", example: "router/default" }) }),
  },
  responses: {
    200: { description: "It exists and this key may use it", content: { "application/json": { schema: modelSchema } } },
    ...modelErrorResponses,
  },
});

export function modelsRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(list, (c) => c.json({ object: "list" as const, data: listModels(c.get("principal")) }, 200));
  router.openAPIRegistry.registerPath(get);
  // Ids hold slashes (`router/default`), written as such or percent-encoded: the id is the rest of the path.
  router.get("/v1/models/:id{.+}", (c) => {
    const found = getModel(c.get("principal"), c.req.param("id"));
    return found.ok ? c.json(found.value, 200) : respond(c, found.refusal);
  });
  return router;
}

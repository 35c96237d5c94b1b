import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer } from "../answer.ts";
import { BODY_REFUSALS, json, jsonBody, needs, responses, writeHeaders } from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { idParam, listOf, pageQuery } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { createKey } from "./create.ts";
import { getKey } from "./get.ts";
import { listKeys } from "./list.ts";
import { revokeKey } from "./revoke.ts";
import { createdKeySchema, createKeySchema, keySchema } from "./schema.ts";

const common = { ...needs("keys:write"), tags: ["Keys"] };
const params = z.object({ id: idParam("key") });

const create = createRoute({
  method: "post",
  path: "/keys",
  ...common,
  summary: "Create a key; its token is in this answer only",
  request: {
    headers: writeHeaders,
    body: jsonBody(createKeySchema, {
      name: "backend",
      scopes: ["inference"],
      expires_at: null,
      allowed_models: null,
      allowed_routers: null,
    }),
  },
  responses: responses(
    json(201, "The key with its token", createdKeySchema),
    ...BODY_REFUSALS,
    "idempotency_key_reused",
    "model_not_allowed",
  ),
});

const list = createRoute({
  method: "get",
  path: "/keys",
  ...common,
  summary: "List keys, newest first",
  request: { query: pageQuery("key") },
  responses: responses(json(200, "A page of keys", listOf(keySchema)), "validation_failed"),
});

const get = createRoute({
  method: "get",
  path: "/keys/{id}",
  ...common,
  summary: "Read a key",
  request: { params },
  responses: responses(json(200, "The key, without its token", keySchema), "not_found"),
});

const revoke = createRoute({
  method: "post",
  path: "/keys/{id}/revoke",
  ...common,
  summary: "Revoke a key; it stops working within ten seconds",
  request: { params, headers: writeHeaders },
  responses: responses(
    json(200, "The revoked key", keySchema),
    "not_found",
    "idempotency_key_reused",
    "validation_failed",
  ),
});

export function keyRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(create, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await createKey(tenantContext(c, input), input), 201);
  });
  router.openapi(list, async (c) => answer(c, await listKeys(tenantContext(c), pageOf(c.req.valid("query")))));
  router.openapi(get, async (c) => answer(c, await getKey(tenantContext(c), c.req.valid("param").id)));
  router.openapi(revoke, async (c) => answer(c, await revokeKey(tenantContext(c), c.req.valid("param").id)));
  return router;
}

import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { ok } from "../../errors.ts";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer, etagOf } from "../answer.ts";
import {
  BODY_REFUSALS,
  ETAG,
  json,
  jsonBody,
  needs,
  responses,
  VERSION_REFUSALS,
  versionedWriteHeaders,
  writeHeaders,
} from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { idParam, listOf, pageQuery } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { createKey } from "./create.ts";
import { getKey } from "./get.ts";
import { listKeys } from "./list.ts";
import { revokeKey } from "./revoke.ts";
import { rotateKey } from "./rotate.ts";
import {
  createdKeySchema,
  createKeySchema,
  keySchema,
  rotatedKeySchema,
  rotateKeySchema,
  updateKeySchema,
} from "./schema.ts";
import { updateKey } from "./update.ts";

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
  responses: responses({ ...json(200, "The key, without its token", keySchema), headers: ETAG }, "not_found"),
});

const update = createRoute({
  method: "patch",
  path: "/keys/{id}",
  ...common,
  summary: "Change a key; in force everywhere within ten seconds",
  request: {
    params,
    headers: versionedWriteHeaders,
    body: jsonBody(updateKeySchema, { name: "backend of the shop", expires_at: "2037-01-01T00:00:00Z" }),
  },
  responses: responses(
    { ...json(200, "The key, without its token", keySchema), headers: ETAG },
    ...BODY_REFUSALS,
    ...VERSION_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
    "model_not_allowed",
  ),
});

const rotate = createRoute({
  method: "post",
  path: "/keys/{id}/rotate",
  ...common,
  summary: "Replace a key; the old one works until the overlap ends",
  description: "Gives a new key with the same powers and expiry. Revoke the old one to end the overlap at once.",
  request: { params, headers: writeHeaders, body: jsonBody(rotateKeySchema, { overlap_seconds: 3600 }) },
  responses: responses(
    json(201, "The new key with its token, and the one it replaces", rotatedKeySchema),
    ...BODY_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
    "model_not_allowed",
  ),
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
  router.openapi(get, async (c) => {
    const key = await getKey(tenantContext(c), c.req.valid("param").id);
    return answer(c, key.ok ? ok(key.value.view) : key, 200, etagOf(key));
  });
  router.openapi(update, async (c) => {
    const input = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const key = await updateKey(tenantContext(c, { input, match }), c.req.valid("param").id, input, match);
    return answer(c, key.ok ? ok(key.value.view) : key, 200, etagOf(key));
  });
  router.openapi(rotate, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await rotateKey(tenantContext(c, input), c.req.valid("param").id, input), 201);
  });
  router.openapi(revoke, async (c) => answer(c, await revokeKey(tenantContext(c), c.req.valid("param").id)));
  return router;
}

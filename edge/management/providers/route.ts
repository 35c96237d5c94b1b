import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { slugSchema } from "../../routing/router-document.ts";
import { answer } from "../answer.ts";
import { BODY_REFUSALS, json, jsonBody, needs, NO_CONTENT, responses, writeHeaders } from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { listOf, pageQuery } from "../page.schema.ts";
import { tenantContext } from "../request-context.ts";
import { createProvider } from "./create.ts";
import { deleteProvider } from "./delete.ts";
import { getProvider } from "./get.ts";
import { listProviders } from "./list.ts";
import {
  createProviderSchema,
  providerSchema,
  providerTestSchema,
  testProviderSchema,
  updateProviderSchema,
} from "./schema.ts";
import { testProvider } from "./test-connection.ts";
import { updateProvider } from "./update.ts";

const common = { ...needs("models:write"), tags: ["Providers"] };
const params = z.object({ slug: slugSchema });

const create = createRoute({
  method: "post",
  path: "/providers",
  ...common,
  summary: "Add a provider",
  request: {
    headers: writeHeaders,
    body: jsonBody(createProviderSchema, {
      slug: "openai",
      kind: "openai-compatible",
      base_url: "https://api.openai.com/v1",
      credential: "sk-example",
    }),
  },
  responses: responses(
    json(201, "The provider, without its credential", providerSchema),
    ...BODY_REFUSALS,
    "conflict",
    "idempotency_key_reused",
  ),
});

const list = createRoute({
  method: "get",
  path: "/providers",
  ...common,
  summary: "List providers, newest first",
  request: { query: pageQuery("provider") },
  responses: responses(json(200, "A page of providers", listOf(providerSchema)), "validation_failed"),
});

const get = createRoute({
  method: "get",
  path: "/providers/{slug}",
  ...common,
  summary: "Read a provider",
  request: { params },
  responses: responses(json(200, "The provider, without its credential", providerSchema), "not_found"),
});

const update = createRoute({
  method: "patch",
  path: "/providers/{slug}",
  ...common,
  summary: "Change a provider; a new origin or kind clears its credential",
  request: { params, headers: writeHeaders, body: jsonBody(updateProviderSchema, { credential: "sk-example" }) },
  responses: responses(
    json(200, "The provider, without its credential", providerSchema),
    ...BODY_REFUSALS,
    "not_found",
    "idempotency_key_reused",
  ),
});

const remove = createRoute({
  method: "delete",
  path: "/providers/{slug}",
  ...common,
  summary: "Delete a provider that no model uses",
  request: { params, headers: writeHeaders },
  responses: responses(NO_CONTENT, "not_found", "conflict", "idempotency_key_reused", "validation_failed"),
});

const test = createRoute({
  method: "post",
  path: "/providers/{slug}/test",
  ...common,
  summary: "Make one cheap call to a provider and tell what is wrong",
  description: "Asks for one token. Tells a wrong key from a wrong URL from a missing model; changes nothing.",
  request: { params, body: jsonBody(testProviderSchema, { model: "gpt-5-mini" }) },
  responses: responses(json(200, "What the call has shown", providerTestSchema), ...BODY_REFUSALS, "not_found"),
});

export function providerRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(create, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await createProvider(tenantContext(c, input), input), 201);
  });
  router.openapi(list, async (c) => answer(c, await listProviders(tenantContext(c), pageOf(c.req.valid("query")))));
  router.openapi(get, async (c) => answer(c, await getProvider(tenantContext(c), c.req.valid("param").slug)));
  router.openapi(update, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await updateProvider(tenantContext(c, input), c.req.valid("param").slug, input));
  });
  router.openapi(test, async (c) =>
    answer(c, await testProvider(tenantContext(c), c.req.valid("param").slug, c.req.valid("json"))),
  );
  router.openapi(remove, async (c) =>
    answer(c, await deleteProvider(tenantContext(c), c.req.valid("param").slug), 204),
  );
  return router;
}

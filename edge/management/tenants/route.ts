import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { answer } from "../answer.ts";
import { BODY_REFUSALS, json, jsonBody, needsOperator, responses, writeHeaders } from "../operation.schema.ts";
import { pageOf } from "../page.ts";
import { idParam, listOf, pageQuery } from "../page.schema.ts";
import { operatorContext } from "../request-context.ts";
import { createTenant } from "./create.ts";
import { deleteTenant } from "./delete.ts";
import { getTenant } from "./get.ts";
import { listTenants } from "./list.ts";
import { createdTenantSchema, createTenantSchema, tenantSchema, updateTenantSchema } from "./schema.ts";
import { setStatus } from "./set-status.ts";
import { updateTenant } from "./update.ts";

const common = { ...needsOperator(), tags: ["Tenants"] };
const params = z.object({ id: idParam("tenant") });

const create = createRoute({
  method: "post",
  path: "/tenants",
  ...common,
  summary: "Create a tenant with a first admin key",
  request: { headers: writeHeaders, body: jsonBody(createTenantSchema, { name: "Acme" }) },
  responses: responses(
    json(201, "The tenant, and its admin key's token", createdTenantSchema),
    ...BODY_REFUSALS,
    "idempotency_key_reused",
  ),
});

const list = createRoute({
  method: "get",
  path: "/tenants",
  ...common,
  summary: "List tenants, newest first",
  request: { query: pageQuery("tenant") },
  responses: responses(json(200, "A page of tenants", listOf(tenantSchema)), "validation_failed"),
});

const get = createRoute({
  method: "get",
  path: "/tenants/{id}",
  ...common,
  summary: "Read a tenant",
  request: { params },
  responses: responses(json(200, "The tenant", tenantSchema), "not_found"),
});

const update = createRoute({
  method: "patch",
  path: "/tenants/{id}",
  ...common,
  summary: "Say which router engines that cost money a tenant may use",
  description:
    "A router that names another paid engine is served by its fallback target; a cascade keeps to its first.",
  request: { params, headers: writeHeaders, body: jsonBody(updateTenantSchema, { paid_engines: ["jev"] }) },
  responses: responses(
    json(200, "The tenant", tenantSchema),
    ...BODY_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
  ),
});

const suspend = createRoute({
  method: "post",
  path: "/tenants/{id}/suspend",
  ...common,
  summary: "Suspend a tenant: its keys are refused within ten seconds",
  request: { params, headers: writeHeaders },
  responses: responses(json(200, "The suspended tenant", tenantSchema), "not_found", "conflict", "validation_failed"),
});

const resume = createRoute({
  method: "post",
  path: "/tenants/{id}/resume",
  ...common,
  summary: "Resume a suspended tenant",
  request: { params, headers: writeHeaders },
  responses: responses(json(200, "The active tenant", tenantSchema), "not_found", "conflict", "validation_failed"),
});

const remove = createRoute({
  method: "delete",
  path: "/tenants/{id}",
  ...common,
  summary: "Delete a tenant and everything that is its own",
  description:
    "Its keys are refused within ten seconds; the rows go in batches while its status is `deleting`, then it is not " +
    "found. What the operator did to it stays in the operator's audit log, without content. There is no way back.",
  request: { params, headers: writeHeaders },
  responses: responses(
    json(202, "The tenant that is being deleted", tenantSchema),
    "not_found",
    "idempotency_key_reused",
    "validation_failed",
  ),
});

export function tenantRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(create, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await createTenant(operatorContext(c, input), input), 201);
  });
  router.openapi(list, async (c) => answer(c, await listTenants(operatorContext(c), pageOf(c.req.valid("query")))));
  router.openapi(get, async (c) => answer(c, await getTenant(operatorContext(c), c.req.valid("param").id)));
  router.openapi(update, async (c) => {
    const input = c.req.valid("json");
    return answer(c, await updateTenant(operatorContext(c, input), c.req.valid("param").id, input));
  });
  router.openapi(remove, async (c) => answer(c, await deleteTenant(operatorContext(c), c.req.valid("param").id), 202));
  router.openapi(suspend, async (c) =>
    answer(c, await setStatus(operatorContext(c), c.req.valid("param").id, "suspended")),
  );
  router.openapi(resume, async (c) =>
    answer(c, await setStatus(operatorContext(c), c.req.valid("param").id, "active")),
  );
  return router;
}

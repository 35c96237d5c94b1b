import type { OpenAPIHono } from "@hono/zod-openapi";
import { ok } from "../../errors.ts";
import type { AppEnv } from "../../http/app-env.ts";
import { newRouter } from "../../http/new-router.ts";
import { respond } from "../../http/respond.ts";
import { answer, etagOf } from "../answer.ts";
import { tenantContext } from "../request-context.ts";
import { addPolicy } from "./add-policy.ts";
import { deletePolicy } from "./delete-policy.ts";
import * as operations from "./policies.schema.ts";
import { getPolicy, listPolicies } from "./read-policies.ts";
import { reorderPolicies } from "./reorder-policies.ts";
import { replacePolicy } from "./replace-policy.ts";

/** A draft's policies one at a time. */
export function draftPolicyRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openapi(operations.list, async (c) => {
    const listed = await listPolicies(tenantContext(c), c.req.valid("param").slug);
    return answer(c, listed.ok ? ok(listed.value.value) : listed, 200, etagOf(listed));
  });
  router.openapi(operations.get, async (c) => {
    const { slug, name } = c.req.valid("param");
    const found = await getPolicy(tenantContext(c), slug, name);
    return answer(c, found.ok ? ok(found.value.value) : found, 200, etagOf(found));
  });
  router.openapi(operations.add, async (c) => {
    const input = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const added = await addPolicy(tenantContext(c, { input, match }), c.req.valid("param").slug, input, match);
    return answer(c, added.ok ? ok(added.value.value) : added, 201, etagOf(added));
  });
  router.openapi(operations.replace, async (c) => {
    const { slug, name } = c.req.valid("param");
    const input = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const replaced = await replacePolicy(tenantContext(c, { input, match }), slug, name, input, match);
    return answer(c, replaced.ok ? ok(replaced.value.value) : replaced, 200, etagOf(replaced));
  });
  router.openapi(operations.remove, async (c) => {
    const { slug, name } = c.req.valid("param");
    const match = c.req.valid("header")["if-match"];
    const removed = await deletePolicy(tenantContext(c, { match }), slug, name, match);
    return answer(c, removed, 204, etagOf(removed));
  });
  router.openapi(operations.reorder, async (c) => {
    // Hono's router takes `:reorder` for a parameter that begins in the middle of a segment.
    const suffix = c.req.param("reorder" as never) as string | undefined;
    if (suffix !== undefined && suffix !== ":reorder") return respond(c, { code: "not_found" });
    const { order } = c.req.valid("json");
    const match = c.req.valid("header")["if-match"];
    const slug = c.req.valid("param").slug;
    const reordered = await reorderPolicies(tenantContext(c, { order, match }), slug, order, match);
    return answer(c, reordered.ok ? ok(reordered.value.value) : reordered, 200, etagOf(reordered));
  });
  return router;
}

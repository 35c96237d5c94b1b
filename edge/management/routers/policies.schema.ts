import { createRoute, z } from "@hono/zod-openapi";
import { policyNameSchema, policySchema, slugSchema, targetSchema } from "../../routing/router-document.ts";
import {
  BODY_REFUSALS,
  ETAG,
  json,
  jsonBody,
  needs,
  NO_CONTENT,
  responses,
  VERSION_REFUSALS,
  versionedWriteHeaders,
  writeHeaders,
} from "../operation.schema.ts";

const entryTarget = targetSchema
  .strict()
  .nullable()
  .openapi({ description: "Which model serves it; null leaves it to the fallback." });

const policyInputSchema = policySchema.strict().extend({ target: entryTarget.optional() }).openapi("PolicyInput");
export type PolicyInput = z.infer<typeof policyInputSchema>;

const policyEntrySchema = policySchema.extend({ target: entryTarget }).openapi("PolicyEntry");
export type PolicyEntry = z.infer<typeof policyEntrySchema>;

const policyListSchema = z.object({ data: z.array(policyEntrySchema) }).openapi("PolicyList");
export type PolicyList = z.infer<typeof policyListSchema>;

const orderSchema = z
  .strictObject({
    order: z.array(policyNameSchema).max(200).openapi({ description: "Every policy of the draft, once." }),
  })
  .openapi("PolicyOrder");

const EXAMPLE: z.input<typeof policyInputSchema> = {
  name: "contract review",
  description: "Find risky clauses in a contract; not for drafting",
  domain: "legal",
  target: { model: "gpt-5", fallbacks: ["gpt-5-mini"] },
};

const reading = { ...needs("policies:read"), tags: ["Draft policies"] };
const writing = { ...needs("policies:write"), tags: ["Draft policies"] };
const params = z.object({ slug: slugSchema });
const named = params.extend({ name: policyNameSchema });

/** An edit that nobody's other edit can conflict with may go without the version, and is refused if it names another. */
const optionalMatch = writeHeaders.extend({
  "if-match": z.string().max(4096).optional().openapi({ description: "The draft's ETag, to edit only that version." }),
});

export const list = createRoute({
  method: "get",
  path: "/routers/{slug}/draft/policies",
  ...reading,
  summary: "List the draft's policies in their order",
  request: { params },
  responses: responses(
    { ...json(200, "The policies with their targets", policyListSchema), headers: ETAG },
    "not_found",
  ),
});

export const get = createRoute({
  method: "get",
  path: "/routers/{slug}/draft/policies/{name}",
  ...reading,
  summary: "Read a policy of the draft",
  request: { params: named },
  responses: responses({ ...json(200, "The policy with its target", policyEntrySchema), headers: ETAG }, "not_found"),
});

export const add = createRoute({
  method: "post",
  path: "/routers/{slug}/draft/policies",
  ...writing,
  summary: "Add a policy to the draft, as its last",
  request: { params, headers: optionalMatch, body: jsonBody(policyInputSchema, EXAMPLE) },
  responses: responses(
    { ...json(201, "The policy with its target", policyEntrySchema), headers: ETAG },
    ...BODY_REFUSALS,
    "not_found",
    "conflict",
    "precondition_failed",
    "idempotency_key_reused",
  ),
});

export const replace = createRoute({
  method: "put",
  path: "/routers/{slug}/draft/policies/{name}",
  ...writing,
  summary: "Replace a policy of the draft in its place",
  description: "Another name renames it. Its target stays unless one is given; null removes it.",
  request: { params: named, headers: versionedWriteHeaders, body: jsonBody(policyInputSchema, EXAMPLE) },
  responses: responses(
    { ...json(200, "The policy with its target", policyEntrySchema), headers: ETAG },
    ...BODY_REFUSALS,
    ...VERSION_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
  ),
});

export const remove = createRoute({
  method: "delete",
  path: "/routers/{slug}/draft/policies/{name}",
  ...writing,
  summary: "Delete a policy of the draft and its target",
  request: { params: named, headers: optionalMatch },
  responses: responses(
    { ...NO_CONTENT, headers: ETAG },
    "not_found",
    "precondition_failed",
    "validation_failed",
    "idempotency_key_reused",
  ),
});

export const reorder = createRoute({
  method: "post",
  path: "/routers/{slug}/draft/policies:reorder",
  ...writing,
  summary: "Put the draft's policies in another order",
  request: {
    params,
    headers: versionedWriteHeaders,
    body: jsonBody(orderSchema, { order: ["legal", "contract review"] }),
  },
  responses: responses(
    { ...json(200, "The policies in their new order", policyListSchema), headers: ETAG },
    ...BODY_REFUSALS,
    ...VERSION_REFUSALS,
    "not_found",
    "idempotency_key_reused",
  ),
});

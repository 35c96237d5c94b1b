import { createRoute, z } from "@hono/zod-openapi";
import { slugSchema } from "../../routing/router-document.ts";
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
import { listOf, numberedPageQuery, pageQuery } from "../page.schema.ts";
import {
  createRouterSchema,
  differenceSchema,
  draftSchema,
  EXAMPLE_DRAFT,
  publishSchema,
  renameRouterSchema,
  rollbackSchema,
  routerSchema,
  versionSchema,
  versionSummarySchema,
} from "./schema.ts";

const reading = { ...needs("policies:read"), tags: ["Routers"] };
const writing = { ...needs("policies:write"), tags: ["Routers"] };
const params = z.object({ slug: slugSchema });

export const create = createRoute({
  method: "post",
  path: "/routers",
  ...writing,
  summary: "Create a router with an empty draft",
  description: "The ETag of this answer is the empty draft's, so that a first edit can follow at once.",
  request: { headers: writeHeaders, body: jsonBody(createRouterSchema, { slug: "default" }) },
  responses: responses(
    { ...json(201, "The router", routerSchema), headers: ETAG },
    ...BODY_REFUSALS,
    "conflict",
    "idempotency_key_reused",
  ),
});

export const list = createRoute({
  method: "get",
  path: "/routers",
  ...reading,
  summary: "List routers, newest first",
  request: { query: pageQuery("router") },
  responses: responses(json(200, "A page of routers", listOf(routerSchema)), "validation_failed"),
});

export const get = createRoute({
  method: "get",
  path: "/routers/{slug}",
  ...reading,
  summary: "Read a router",
  request: { params },
  responses: responses(json(200, "The router", routerSchema), "not_found"),
});

export const rename = createRoute({
  method: "patch",
  path: "/routers/{slug}",
  ...writing,
  summary: "Rename a router",
  description: "Clients that name it must follow; keys that are limited to it do so by themselves.",
  request: { params, headers: writeHeaders, body: jsonBody(renameRouterSchema, { slug: "support" }) },
  responses: responses(
    json(200, "The router", routerSchema),
    ...BODY_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
  ),
});

export const remove = createRoute({
  method: "delete",
  path: "/routers/{slug}",
  ...writing,
  summary: "Delete a router with its draft and versions",
  request: { params, headers: writeHeaders },
  responses: responses(NO_CONTENT, "not_found", "idempotency_key_reused", "validation_failed"),
});

export const readDraft = createRoute({
  method: "get",
  path: "/routers/{slug}/draft",
  ...reading,
  summary: "Read a router's draft",
  request: { params },
  responses: responses({ ...json(200, "The draft", draftSchema), headers: ETAG }, "not_found"),
});

export const writeDraft = createRoute({
  method: "put",
  path: "/routers/{slug}/draft",
  ...writing,
  summary: "Replace a router's draft",
  description: "Unknown fields are refused. Models need not exist before the draft is published.",
  request: {
    params,
    headers: versionedWriteHeaders,
    body: jsonBody(draftSchema, EXAMPLE_DRAFT),
  },
  responses: responses(
    { ...json(200, "The draft as stored, with defaults filled in", draftSchema), headers: ETAG },
    ...BODY_REFUSALS,
    "not_found",
    ...VERSION_REFUSALS,
    "idempotency_key_reused",
  ),
});

export const publish = createRoute({
  method: "post",
  path: "/routers/{slug}/publish",
  ...writing,
  summary: "Publish the draft as the next version",
  description: "What a gate takes of the router model is in the usage, under `trials`.",
  request: { params, headers: writeHeaders, body: jsonBody(publishSchema, { note: "Contracts get their own model" }) },
  responses: responses(
    json(201, "The version, in force everywhere within ten seconds", versionSummarySchema),
    ...BODY_REFUSALS,
    "not_found",
    "precondition_failed",
    "gate_failed",
    "evaluation_stale",
    "routing_unavailable",
    "idempotency_key_reused",
  ),
});

export const rollback = createRoute({
  method: "post",
  path: "/routers/{slug}/rollback",
  ...writing,
  summary: "Publish a copy of an earlier version as the next one",
  request: { params, headers: writeHeaders, body: jsonBody(rollbackSchema, { to: 1 }) },
  responses: responses(
    json(201, "The version, in force everywhere within ten seconds", versionSummarySchema),
    ...BODY_REFUSALS,
    "not_found",
    "idempotency_key_reused",
  ),
});

export const versions = createRoute({
  method: "get",
  path: "/routers/{slug}/versions",
  ...reading,
  summary: "List published versions, newest first",
  request: { params, query: numberedPageQuery() },
  responses: responses(json(200, "A page of versions", listOf(versionSummarySchema)), "not_found", "validation_failed"),
});

const versionNumber = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number)
  .openapi({ type: "integer", minimum: 1 });

export const version = createRoute({
  method: "get",
  path: "/routers/{slug}/versions/{version}",
  ...reading,
  summary: "Read a published version",
  request: { params: params.extend({ version: versionNumber }) },
  responses: responses(json(200, "The version with its document", versionSchema), "not_found"),
});

const revision = z
  .union([z.literal("draft"), versionNumber])
  .openapi({ type: "string", pattern: "^(draft|[1-9][0-9]{0,8})$", description: "A version's number, or `draft`." });

export const diff = createRoute({
  method: "get",
  path: "/routers/{slug}/versions/{a}/diff/{b}",
  ...reading,
  summary: "Compare two versions, or one with the draft",
  request: { params: params.extend({ a: revision, b: revision }) },
  responses: responses(json(200, "What changed from a to b", differenceSchema), "not_found"),
});

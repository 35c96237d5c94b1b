import { createRoute, z } from "@hono/zod-openapi";
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
import { listOf } from "../page.schema.ts";
import {
  caseParams,
  EXAMPLE_CASE,
  goldenCaseInputSchema,
  goldenCaseQuerySchema,
  goldenCaseSchema,
  importedCasesSchema,
  params,
} from "./schema.ts";

const reading = { ...needs("policies:read"), tags: ["Golden cases"] };
const writing = { ...needs("policies:write"), tags: ["Golden cases"] };
const versioned = { ...json(200, "The golden case", goldenCaseSchema), headers: ETAG };

export const list = createRoute({
  method: "get",
  path: "/routers/{slug}/golden-cases",
  ...reading,
  summary: "List a router's golden cases, newest first, or export them",
  request: { params, query: goldenCaseQuerySchema },
  responses: responses(
    {
      status: 200,
      description: "A page of golden cases, or all of them",
      content: {
        "application/json": { schema: listOf(goldenCaseSchema) },
        "application/jsonl": { schema: z.string().openapi({ description: "Lines of `GoldenCaseInput`." }) },
      },
    },
    "not_found",
    "validation_failed",
  ),
});

export const get = createRoute({
  method: "get",
  path: "/routers/{slug}/golden-cases/{golden_case}",
  ...reading,
  summary: "Read a golden case",
  request: { params: caseParams },
  responses: responses(versioned, "not_found"),
});

export const create = createRoute({
  method: "post",
  path: "/routers/{slug}/golden-cases",
  ...writing,
  summary: "Add a conversation whose right policies are known",
  description: "The policies need not exist: a case may be written before the policy it asks for.",
  request: { params, headers: writeHeaders, body: jsonBody(goldenCaseInputSchema, EXAMPLE_CASE) },
  responses: responses(
    { ...json(201, "The golden case", goldenCaseSchema), headers: ETAG },
    ...BODY_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
  ),
});

export const replace = createRoute({
  method: "put",
  path: "/routers/{slug}/golden-cases/{golden_case}",
  ...writing,
  summary: "Replace a golden case",
  request: {
    params: caseParams,
    headers: versionedWriteHeaders,
    body: jsonBody(goldenCaseInputSchema, EXAMPLE_CASE),
  },
  responses: responses(versioned, ...BODY_REFUSALS, ...VERSION_REFUSALS, "not_found", "idempotency_key_reused"),
});

export const remove = createRoute({
  method: "delete",
  path: "/routers/{slug}/golden-cases/{golden_case}",
  ...writing,
  summary: "Delete a golden case",
  request: { params: caseParams, headers: writeHeaders },
  responses: responses(NO_CONTENT, "not_found", "idempotency_key_reused", "validation_failed"),
});

export const importLines = createRoute({
  method: "post",
  path: "/routers/{slug}/golden-cases/import",
  ...writing,
  summary: "Add many golden cases at once, one a line",
  description:
    "All of them or none: up to 1,000 lines, each a `GoldenCaseInput`, as an export gives them. A refusal points to " +
    "the line, counted from 1, and its field. With `replace` they take the place of all that the router had.",
  request: {
    params,
    headers: writeHeaders,
    query: z.strictObject({ replace: z.enum(["true", "false"]).default("false") }),
    body: {
      required: true,
      content: {
        "application/jsonl": {
          // Not a zod schema: those of a type that begins with "json" are taken for JSON's.
          schema: { type: "string", description: "Lines of `GoldenCaseInput`." },
          example: `${JSON.stringify(EXAMPLE_CASE)}\n`,
        },
      },
    },
  },
  responses: responses(
    json(200, "How many were added", importedCasesSchema),
    ...BODY_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
  ),
});

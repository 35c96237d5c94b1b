import { createRoute, z } from "@hono/zod-openapi";
import { requireScope } from "../../http/require-scope.ts";
import { slugSchema } from "../../routing/router-document.ts";
import { BODY_REFUSALS, ETAG, json, jsonBody, needs, responses, writeHeaders } from "../operation.schema.ts";
import { storableBody } from "../storable-body.ts";
import { draftSchema, EXAMPLE_DRAFT, importedVersionSchema } from "./schema.ts";
import { yamlBody } from "./yaml-body.ts";

const params = z.object({ slug: slugSchema });
const YAML = { "application/yaml": { schema: draftSchema } };
const body = jsonBody(draftSchema, EXAMPLE_DRAFT);
const exported = json(200, "The document, as JSON or YAML", draftSchema);

export const read = createRoute({
  method: "get",
  path: "/routers/{slug}/document",
  ...needs("policies:read"),
  tags: ["Routers"],
  summary: "Export the document that serves traffic",
  description: "As JSON, or as YAML with `Accept: application/yaml`; the same document as an import takes.",
  request: { params },
  responses: responses({ ...exported, content: { ...exported.content, ...YAML }, headers: ETAG }, "not_found"),
});

const IMPORTED: ReturnType<typeof responses> = {
  ...responses(
    json(200, "The version that serves this document already", importedVersionSchema),
    ...BODY_REFUSALS,
    "not_found",
    "precondition_failed",
    "idempotency_key_reused",
  ),
  201: json(201, "The new version, in force everywhere within ten seconds", importedVersionSchema),
};

export const replace = createRoute({
  method: "put",
  path: "/routers/{slug}/document",
  ...needs("policies:write"),
  middleware: [requireScope("policies:write"), yamlBody, storableBody],
  tags: ["Routers"],
  summary: "Publish a whole document, such as a repository's",
  description:
    "As JSON or YAML. A document that serves traffic already makes no new version (200). The draft follows, unless it " +
    "holds edits that were not published.",
  request: {
    params,
    headers: writeHeaders.extend({
      "if-match": z
        .string()
        .max(4096)
        .optional()
        .openapi({ description: "The ETag of an export, to replace only that version." }),
    }),
    body: { ...body, content: { ...body.content, ...YAML } },
  },
  responses: IMPORTED,
});

import { createRoute } from "@hono/zod-openapi";
import { goldenCaseSchema } from "../golden-cases/schema.ts";
import {
  BODY_REFUSALS,
  ETAG,
  json,
  jsonBody,
  needs,
  NO_CONTENT,
  responses,
  writeHeaders,
} from "../operation.schema.ts";
import { listOf } from "../page.schema.ts";
import {
  caseOfRecordingSchema,
  deletedRecordingsSchema,
  deletionQuerySchema,
  openedRecordingSchema,
  params,
  recordingParams,
  recordingQuerySchema,
  recordingSchema,
} from "./schema.ts";

const reading = { ...needs("recordings:read"), tags: ["Recordings"] };
const writing = { ...needs("recordings:write"), tags: ["Recordings"] };

export const list = createRoute({
  method: "get",
  path: "/routers/{slug}/recordings",
  ...reading,
  summary: "List a router's recordings, newest first",
  description:
    "Conversations are recorded where a published version says `record_prompts`, and nowhere else. What was said is " +
    "not listed: it is read one by one, and each reading is told to the audit log.",
  request: { params, query: recordingQuerySchema },
  responses: responses(
    json(200, "A page of recordings", listOf(recordingSchema)),
    "not_found",
    "model_not_allowed",
    "validation_failed",
  ),
});

export const get = createRoute({
  method: "get",
  path: "/routers/{slug}/recordings/{decision}",
  ...reading,
  summary: "Read what was said in a recorded request",
  description: "Leaves a row `recording.read` in the audit log.",
  request: { params: recordingParams },
  responses: responses(json(200, "The recording", openedRecordingSchema), "not_found", "model_not_allowed", "conflict"),
});

export const remove = createRoute({
  method: "delete",
  path: "/routers/{slug}/recordings/{decision}",
  ...writing,
  summary: "Delete a recording",
  request: { params: recordingParams, headers: writeHeaders },
  responses: responses(NO_CONTENT, "not_found", "model_not_allowed", "idempotency_key_reused", "validation_failed"),
});

export const removeMany = createRoute({
  method: "delete",
  path: "/routers/{slug}/recordings",
  ...writing,
  summary: "Delete a router's recordings, all of them or those of one conversation",
  description: "Up to 1,000 at a time; `more` says whether to ask again.",
  request: { params, query: deletionQuerySchema, headers: writeHeaders },
  responses: responses(
    json(200, "How many were deleted", deletedRecordingsSchema),
    "not_found",
    "model_not_allowed",
    "idempotency_key_reused",
    "validation_failed",
  ),
});

export const makeCase = createRoute({
  method: "post",
  path: "/routers/{slug}/recordings/{decision}/golden-case",
  ...needs("policies:write"),
  tags: ["Recordings"],
  summary: "Make a golden case of a recording",
  description:
    "Its turn is scored, those before it are not. Takes a key with scope `recordings:read` as well. A golden case is " +
    "stored in the clear, and until it is deleted.",
  request: {
    params: recordingParams,
    headers: writeHeaders,
    body: jsonBody(caseOfRecordingSchema, { name: "a clause, as it was asked", expected: "contract review" }),
  },
  responses: responses(
    { ...json(201, "The golden case", goldenCaseSchema), headers: ETAG },
    ...BODY_REFUSALS,
    "not_found",
    "model_not_allowed",
    "conflict",
    "idempotency_key_reused",
  ),
});

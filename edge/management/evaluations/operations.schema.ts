import { createRoute, z } from "@hono/zod-openapi";
import { slugSchema } from "../../routing/router-document.ts";
import { BODY_REFUSALS, json, jsonBody, needs, responses, writeHeaders } from "../operation.schema.ts";
import { idParam, listOf, pageQuery } from "../page.schema.ts";
import { createEvaluationSchema, evaluationResultSchema, evaluationSchema } from "./schema.ts";

const reading = { ...needs("policies:read"), tags: ["Evaluations"] };
const writing = { ...needs("policies:write"), tags: ["Evaluations"] };
const params = z.object({ slug: slugSchema });
const named = params.extend({ evaluation: idParam("evaluation") });

export const create = createRoute({
  method: "post",
  path: "/routers/{slug}/evaluations",
  ...writing,
  summary: "Run known conversations against the draft or a version",
  description:
    "The router's golden cases, or those given here, decided as traffic is. It runs by itself, one at a time for a " +
    "router; read it for progress and result. What the router model takes is in the usage, under `trials`.",
  request: { params, headers: writeHeaders, body: jsonBody(createEvaluationSchema, { revision: 1 }) },
  responses: responses(
    json(202, "The evaluation, running", evaluationSchema),
    ...BODY_REFUSALS,
    "not_found",
    "conflict",
    "idempotency_key_reused",
  ),
});

export const list = createRoute({
  method: "get",
  path: "/routers/{slug}/evaluations",
  ...reading,
  summary: "List evaluations, newest first",
  request: { params, query: pageQuery("evaluation") },
  responses: responses(json(200, "A page of evaluations", listOf(evaluationSchema)), "not_found", "validation_failed"),
});

export const get = createRoute({
  method: "get",
  path: "/routers/{slug}/evaluations/{evaluation}",
  ...reading,
  summary: "Read an evaluation: its progress, then its result",
  request: { params: named },
  responses: responses(json(200, "The evaluation", evaluationResultSchema), "not_found"),
});

export const cancel = createRoute({
  method: "post",
  path: "/routers/{slug}/evaluations/{evaluation}/cancel",
  ...writing,
  summary: "Stop a running evaluation",
  request: { params: named, headers: writeHeaders },
  responses: responses(
    json(200, "The cancelled evaluation", evaluationSchema),
    "not_found",
    "conflict",
    "idempotency_key_reused",
    "validation_failed",
  ),
});

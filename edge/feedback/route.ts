import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { openaiRefusal, sharedErrorResponses } from "../completions/error-responses.schema.ts";
import { refuse, type Refusal } from "../errors.ts";
import type { AppEnv } from "../http/app-env.ts";
import { newRouter } from "../http/new-router.ts";
import { respond } from "../http/respond.ts";
import { readBounded } from "../upstream/read-bounded.ts";
import { EXAMPLE_EVENT, feedbackEventSchema } from "./event.schema.ts";
import { readBody } from "./read-body.ts";
import { recordFeedback } from "./record.ts";

/** One event is small; comments are bounded. */
const MAX_BYTES = 16 * 1024;

const answerSchema = z
  .object({
    id: z.string().openapi({ description: "The feedback that this is the last word of, or was." }),
    decision: z.string(),
    metric: z.string(),
    score: z.number(),
  })
  .openapi("RecordedFeedback");

const give = createRoute({
  method: "post",
  path: "/v1/feedback",
  tags: ["Inference"],
  summary: "Say what an answer was worth",
  description:
    "Of a decision, metric and key the last word counts, by `given_at`; several metrics of a decision stand side by " +
    "side. Receipts are written after the answer: for up to a minute a new decision is `decision_pending`, and the " +
    "same request succeeds a moment later. Neither receipts nor logs hold comments.",
  request: {
    body: { required: true, content: { "application/json": { schema: feedbackEventSchema, example: EXAMPLE_EVENT } } },
  },
  responses: {
    200: { description: "It is recorded", content: { "application/json": { schema: answerSchema } } },
    ...sharedErrorResponses,
    404: openaiRefusal("The tenant has no such decision, or it has not been written yet"),
    413: openaiRefusal("The request body is too large"),
    422: openaiRefusal("An event of this id came with another content"),
  },
});

/** Feedback of applications, on the inference surface. */
export function feedbackRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openAPIRegistry.registerPath(give);
  router.post(give.getRoutingPath(), async (c) => {
    const bytes = await readBounded(c.req.raw.body, MAX_BYTES);
    if (bytes === null) return respond(c, { code: "request_too_large" });
    const event = readBody(bytes, () => feedbackEventSchema);
    if (!event.ok) return respond(c, event.refusal);
    const { key, tenant } = c.get("principal");
    const sender = { tenantId: tenant.tenantId, source: "inference", sourceId: key.id } as const;
    const [recorded] = await recordFeedback(c.get("deps"), sender, [event.value], c.get("startedAt"));
    if (recorded === undefined) return respond(c, refuse("internal_error").refusal);
    if (!recorded.ok) return respond(c, inWords(recorded.refusal));
    const { decision, metric, score } = event.value;
    return c.json({ id: recorded.id, decision, metric, score }, 200);
  });
  return router;
}

const inWords = (refusal: Refusal): Refusal =>
  refusal.code === "not_found"
    ? { ...refusal, param: "decision", message: "There is no such decision." }
    : { param: "decision", ...refusal };

import { createRoute, z } from "@hono/zod-openapi";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../http/app-env.ts";
import { newRouter } from "../http/new-router.ts";
import { respond } from "../http/respond.ts";
import { EXAMPLE_CHAT, routeBodySchema } from "./chat-body.schema.ts";
import { errorResponses } from "./error-responses.schema.ts";
import { receive, requestContext } from "./receive.ts";
import { requestHeadersSchema } from "./request-headers.schema.ts";
import { routeOnly } from "./route-only.ts";

const answerSchema = z
  .object({
    id: z.string(),
    router: z.string().nullable(),
    version: z.number().int().nullable(),
    outcome: z.enum(["matched", "other", "unsure"]).nullable(),
    policy: z.string().nullable(),
    confidence: z.number().nullable(),
    model: z.string(),
    source: z.string(),
    engine: z.string().nullable(),
    alternatives: z.array(z.object({ policy: z.string().nullable(), probability: z.number() })),
    arm: z.string().nullable(),
    routing_arm: z.string().nullable().openapi({ description: "Arm of the rollout of the router's own model." }),
    timings_ms: z.record(z.string(), z.number()),
  })
  .openapi("RouteAnswer");

const route = createRoute({
  method: "post",
  path: "/v1/route",
  tags: ["Inference"],
  summary: "Decide without answering: which policy fits, and which model would serve",
  request: {
    headers: requestHeadersSchema,
    body: { required: true, content: { "application/json": { schema: routeBodySchema, example: EXAMPLE_CHAT } } },
  },
  responses: {
    200: { description: "The decision", content: { "application/json": { schema: answerSchema } } },
    ...errorResponses,
  },
});

export function routeOnlyRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openAPIRegistry.registerPath(route);
  router.post(route.getRoutingPath(), async (c) => {
    const received = await receive(c, routeBodySchema);
    if (!received.ok) return respond(c, received.refusal);
    const decided = await routeOnly(c.get("deps"), c.get("principal"), received.value.body, requestContext(c));
    if (!decided.ok) return respond(c, decided.refusal);
    return c.json(decided.value.answer, 200, decided.value.headers);
  });
  return router;
}

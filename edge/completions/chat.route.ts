import { createRoute, z } from "@hono/zod-openapi";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../http/app-env.ts";
import { newRouter } from "../http/new-router.ts";
import { respond } from "../http/respond.ts";
import { SECURITY_HEADERS } from "../http/security-headers.ts";
import { chatBodySchema, EXAMPLE_CHAT } from "./chat-body.schema.ts";
import { complete } from "./complete.ts";
import { errorResponses } from "./error-responses.schema.ts";
import { modelsRoutes } from "./models.route.ts";
import { receive, requestContext } from "./receive.ts";
import { requestHeadersSchema } from "./request-headers.schema.ts";
import { routeOnlyRoutes } from "./route-only.route.ts";

const chatCompletions = createRoute({
  method: "post",
  path: "/v1/chat/completions",
  tags: ["Inference"],
  summary: "Answer a conversation with the model its router, or the client, chooses",
  description:
    "OpenAI's chat completions, streaming and not. `model` is a model of the tenant (served as asked), `auto`, or `router/<slug>`. " +
    "Fields that are not listed here reach the provider as they are.",
  request: {
    headers: requestHeadersSchema,
    body: { required: true, content: { "application/json": { schema: chatBodySchema, example: EXAMPLE_CHAT } } },
  },
  responses: {
    200: {
      description: "The provider's answer, byte for byte; `x-signalbox-*` headers carry the receipt",
      content: {
        "application/json": { schema: z.looseObject({}).openapi("ChatCompletion") },
        "text/event-stream": { schema: z.string() },
      },
    },
    ...errorResponses,
  },
});

/** The inference surface. The body of a chat request is read and checked by `receive`, once, not by a validator. */
export function completionsRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openAPIRegistry.registerPath(chatCompletions);
  router.post(chatCompletions.getRoutingPath(), async (c) => {
    const received = await receive(c, chatBodySchema);
    if (!received.ok) return respond(c, received.refusal);
    const completed = await complete(c.get("deps"), c.get("principal"), received.value, requestContext(c));
    if (!completed.ok) return respond(c, completed.refusal);
    const { status, headers, body } = completed.value;
    // All headers at once: whatever is set on an answer afterwards costs a call into the runtime.
    return new Response(body, { status, headers: { ...SECURITY_HEADERS, ...headers } });
  });
  router.route("/", modelsRoutes());
  router.route("/", routeOnlyRoutes());
  return router;
}

import { createRoute, z, type OpenAPIHono } from "@hono/zod-openapi";
import { openaiRefusal } from "../completions/error-responses.schema.ts";
import type { AppEnv } from "../http/app-env.ts";
import { clientAddress } from "../http/client-address.ts";
import { newRouter } from "../http/new-router.ts";
import { respond } from "../http/respond.ts";
import { readBounded } from "../upstream/read-bounded.ts";
import { receiveWebhook } from "./receive-webhook.ts";
import { describedBodySchema, EXAMPLE_BATCH, toldSchema } from "./webhook.schema.ts";

const MAX_BYTES = 256 * 1024;

const receive = createRoute({
  method: "post",
  path: "/webhooks/feedback/{id}",
  tags: ["Feedback"],
  summary: "Take feedback that a feedback source has signed",
  description:
    "For evaluation platforms: no key is needed, but the headers of [Standard Webhooks](https://www.standardwebhooks.com) " +
    "with a secret of the source, at most five minutes old. `webhook-signature` is `v1,` and the base64 of the " +
    "HMAC-SHA-256 of `webhook-id.webhook-timestamp.body` under the secret's bytes. A message that comes again changes " +
    "nothing: an event is known by its `event_id`, else by `webhook-id` and its place. Of a decision, metric and source " +
    "the last word counts, by `given_at`, else by `webhook-timestamp`. When a decision has not been written yet the " +
    "answer is `decision_pending`, the rest is recorded, and the message wants to be sent again.",
  security: [],
  request: {
    params: z.object({ id: z.string().openapi({ description: "Id of the feedback source." }) }),
    headers: z.object({
      "webhook-id": z.string().openapi({ description: "Names the message, the same each time it is sent." }),
      "webhook-timestamp": z.string().openapi({ description: "Seconds since the epoch." }),
      "webhook-signature": z.string().openapi({ description: "Signatures, parted by spaces." }),
    }),
    body: {
      required: true,
      content: { "application/json": { schema: describedBodySchema, example: EXAMPLE_BATCH } },
    },
  },
  responses: {
    200: { description: "What became of the events", content: { "application/json": { schema: toldSchema } } },
    400: openaiRefusal("The message is signed and says nothing that can be recorded; nothing of it is"),
    401: openaiRefusal("The source is unknown, or the message not signed by it within five minutes"),
    403: openaiRefusal("The source's tenant is suspended"),
    404: openaiRefusal("A decision has not been written yet"),
    413: openaiRefusal("The request body is too large"),
    429: openaiRefusal("Too many messages that nobody has signed"),
    500: openaiRefusal("Something went wrong on our side"),
    503: openaiRefusal("The feedback cannot be recorded right now"),
  },
});

/** Feedback of evaluation platforms, as signed messages. */
export function feedbackWebhookRoutes(): OpenAPIHono<AppEnv> {
  const router = newRouter();
  router.openAPIRegistry.registerPath(receive);
  router.post(receive.getRoutingPath(), async (c) => {
    const deps = c.get("deps");
    const told = await receiveWebhook(deps, {
      sourceId: c.req.param("id"),
      headers: c.req.raw.headers,
      body: () => readBounded(c.req.raw.body, MAX_BYTES),
      clientAddress: clientAddress(c, deps),
    });
    return told.ok ? c.json(told.value, 200) : respond(c, told.refusal);
  });
  return router;
}

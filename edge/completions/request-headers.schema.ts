import { z } from "@hono/zod-openapi";

/** Headers that change how a request is routed, for the API's description; `receive` and `planRequest` read them. */
export const requestHeadersSchema = z.object({
  "x-signalbox-conversation": z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/)
    .optional()
    .openapi({ description: "Names the conversation, so that its requests stay together" }),
  "x-signalbox-fallback": z
    .literal("off")
    .optional()
    .openapi({ description: "A routing failure answers 503 instead of being served by the fallback target" }),
});

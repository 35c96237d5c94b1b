import { z } from "@hono/zod-openapi";

const openaiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
      request_id: z.string().openapi({ description: "The `x-request-id` of this answer" }),
    }),
  })
  .openapi("Error");

/** A refusal in OpenAI's shape, for a route's description. */
export const openaiRefusal = (description: string) => ({
  description,
  content: { "application/json": { schema: openaiErrorSchema } },
});

/** The refusals of whatever asks for a key, for its description. */
export const sharedErrorResponses = {
  400: openaiRefusal("The request is not valid, or no target can serve it"),
  401: openaiRefusal("The API key is missing or not valid"),
  403: openaiRefusal("The API key may not do this"),
  429: openaiRefusal("Too many requests: of this caller with keys that are none, or at the upstream provider"),
  500: openaiRefusal("Something went wrong on our side"),
  503: openaiRefusal("No routing decision, or no configuration, could be had"),
};

/** The refusals of what is asked about a model, for its description. */
export const modelErrorResponses = {
  ...sharedErrorResponses,
  404: openaiRefusal("The model or router does not exist"),
};

/** The refusals that every route shares that takes a conversation, for its description. */
export const errorResponses = {
  ...modelErrorResponses,
  413: openaiRefusal("The request body is too large"),
  502: openaiRefusal("The upstream provider failed"),
  504: openaiRefusal("The upstream provider did not answer in time"),
  508: openaiRefusal("The request came back to this service"),
};

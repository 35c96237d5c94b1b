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

const described = (description: string) => ({
  description,
  content: { "application/json": { schema: openaiErrorSchema } },
});

/** The refusals of whatever asks for a key, for its description. */
export const sharedErrorResponses = {
  400: described("The request is not valid, or no target can serve it"),
  401: described("The API key is missing or not valid"),
  403: described("The API key may not do this"),
  429: described("Too many requests: of this caller with keys that are none, or at the upstream provider"),
  500: described("Something went wrong on our side"),
  503: described("No routing decision, or no configuration, could be had"),
};

/** The refusals of what is asked about a model, for its description. */
export const modelErrorResponses = {
  ...sharedErrorResponses,
  404: described("The model or router does not exist"),
};

/** The refusals that every route shares that takes a conversation, for its description. */
export const errorResponses = {
  ...modelErrorResponses,
  413: described("The request body is too large"),
  502: described("The upstream provider failed"),
  504: described("The upstream provider did not answer in time"),
  508: described("The request came back to this service"),
};

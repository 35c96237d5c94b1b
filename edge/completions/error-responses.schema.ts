import { z } from "@hono/zod-openapi";

const openaiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .openapi("Error");

const described = (description: string) => ({
  description,
  content: { "application/json": { schema: openaiErrorSchema } },
});

/** The refusals that every route of the inference surface shares, for its description. */
export const errorResponses = {
  400: described("The request is not valid, or no target can serve it"),
  401: described("The API key is missing or not valid"),
  403: described("The API key may not do this"),
  404: described("The model or router does not exist"),
  413: described("The request body is too large"),
  429: described("The upstream provider limits the rate of requests"),
  502: described("The upstream provider failed"),
  503: described("No routing decision, or no configuration, could be had"),
  504: described("The upstream provider did not answer in time"),
  508: described("The request came back to this service"),
};

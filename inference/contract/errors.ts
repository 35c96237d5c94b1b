import { z } from "zod";

/** Error codes of the inference service and the HTTP status each one is answered with. */
export const DECIDE_ERROR_STATUS = {
  invalid_request: 400,
  unauthorized: 401,
  engine_not_allowed: 403,
  not_found: 404,
  request_too_large: 413,
  overloaded: 429,
  internal_error: 500,
  not_ready: 503,
  engine_unavailable: 503,
  deadline_exceeded: 504,
} as const;

export type DecideErrorCode = keyof typeof DECIDE_ERROR_STATUS;

/** Body of every answer of the inference service that is not a success. */
export const decideErrorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), param: z.string().nullable().optional() }),
});

export type DecideErrorBody = z.infer<typeof decideErrorSchema>;

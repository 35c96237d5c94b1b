import { z } from "@hono/zod-openapi";
import { secretBytes } from "../../feedback/webhook-signature.ts";
import { instantSchema, lineSchema } from "../text.ts";

const secretInputSchema = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "must be whsec_ and the base64 of 24 to 64 bytes")
  .refine((secret) => secretBytes(secret) !== null, "must be whsec_ and the base64 of 24 to 64 bytes")
  .optional()
  .openapi({
    description: "What the source signs with, where the sender has made it; else one is made. Write-only.",
    format: "password",
  });

export const createSourceSchema = z
  .strictObject({ name: lineSchema(128), secret: secretInputSchema })
  .openapi("CreateFeedbackSource");
export type CreateSource = z.infer<typeof createSourceSchema>;

/** Thirty days. */
const MAX_OVERLAP_SECONDS = 2_592_000;

export const rotateSourceSchema = z
  .strictObject({
    overlap_seconds: z
      .number()
      .int()
      .min(0)
      .max(MAX_OVERLAP_SECONDS)
      .openapi({ description: "How long the old secret still signs." }),
    secret: secretInputSchema,
  })
  .openapi("RotateFeedbackSource");
export type RotateSource = z.infer<typeof rotateSourceSchema>;

export const sourceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    path: z.string().openapi({ description: "Where its messages go, on this service." }),
    secrets: z
      .array(z.object({ id: z.string(), created_at: instantSchema, expires_at: instantSchema.nullable() }))
      .openapi({ description: "Those in force, newest first; never what they are." }),
    created_at: instantSchema,
  })
  .openapi("FeedbackSource");
export type SourceView = z.infer<typeof sourceSchema>;

export const createdSourceSchema = sourceSchema
  .extend({
    secret: z
      .string()
      .optional()
      .openapi({ description: "A secret that was made: shown in this answer and never again." }),
    secret_already_shown: z
      .literal(true)
      .optional()
      .openapi({ description: "On a replay under the same Idempotency-Key, which has no secret." }),
  })
  .openapi("CreatedFeedbackSource");
export type CreatedSource = z.infer<typeof createdSourceSchema>;

import { z } from "@hono/zod-openapi";
import { modelSlugSchema, slugSchema } from "../../routing/router-document.ts";
import { scopeSchema } from "../../tenancy/snapshot.ts";
import { instantInputSchema, instantSchema, lineSchema } from "../text.ts";

const unique = (items: readonly string[]): boolean => new Set(items).size === items.length;

const fields = {
  name: lineSchema(128),
  scopes: z.array(scopeSchema).min(1).refine(unique, "must not repeat a scope"),
  expires_at: instantInputSchema.nullable().openapi({
    type: ["string", "null"],
    format: "date-time",
    description: "Null never expires; the past expires at once.",
  }),
  allowed_models: z
    .array(modelSlugSchema)
    .max(200)
    .refine(unique, "must not repeat a model")
    .nullable()
    .openapi({ description: "Slugs of the models this key may use; null for all." }),
  allowed_routers: z
    .array(slugSchema)
    .max(200)
    .refine(unique, "must not repeat a router")
    .nullable()
    .openapi({ description: "Slugs of the routers this key may use; null for all." }),
};

export const createKeySchema = z
  .strictObject({
    ...fields,
    expires_at: fields.expires_at.default(null),
    allowed_models: fields.allowed_models.default(null),
    allowed_routers: fields.allowed_routers.default(null),
  })
  .openapi("CreateKey");
export type CreateKey = z.infer<typeof createKeySchema>;

export const updateKeySchema = z.strictObject(fields).partial().openapi("UpdateKey");
export type UpdateKey = z.infer<typeof updateKeySchema>;

/** Thirty days. */
const MAX_OVERLAP_SECONDS = 2_592_000;

export const rotateKeySchema = z
  .strictObject({
    overlap_seconds: z
      .number()
      .int()
      .min(0)
      .max(MAX_OVERLAP_SECONDS)
      .openapi({ description: "How long the old token still works." }),
  })
  .openapi("RotateKey");
export type RotateKey = z.infer<typeof rotateKeySchema>;

export const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string().openapi({ description: "The token's beginning, to tell keys apart." }),
    scopes: z.array(scopeSchema),
    allowed_models: z.array(z.string()).nullable(),
    allowed_routers: z.array(z.string()).nullable(),
    expires_at: instantSchema.nullable(),
    revoked_at: instantSchema.nullable(),
    last_used_at: instantSchema
      .nullable()
      .openapi({ description: "To the minute; of management requests and of those that leave a receipt." }),
    status: z.enum(["active", "expired", "revoked"]),
    created_at: instantSchema,
  })
  .openapi("Key");
export type KeyView = z.infer<typeof keySchema>;

export const createdKeySchema = keySchema
  .extend({
    token: z.string().optional().openapi({ description: "Shown in this answer and never again." }),
    token_already_shown: z
      .literal(true)
      .optional()
      .openapi({ description: "On a replay under the same Idempotency-Key, which has no token." }),
  })
  .openapi("CreatedKey");
export type CreatedKey = z.infer<typeof createdKeySchema>;

export const rotatedKeySchema = createdKeySchema.extend({ replaces: keySchema }).openapi("RotatedKey");
export type RotatedKey = z.infer<typeof rotatedKeySchema>;

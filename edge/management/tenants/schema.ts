import { z } from "@hono/zod-openapi";
import { instantSchema, lineSchema } from "../text.ts";

export const createTenantSchema = z.strictObject({ name: lineSchema(128) }).openapi("CreateTenant");
export type CreateTenant = z.infer<typeof createTenantSchema>;

export const tenantSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(["active", "suspended", "deleting"]),
    created_at: instantSchema,
  })
  .openapi("Tenant");
export type TenantView = z.infer<typeof tenantSchema>;

export const createdTenantSchema = tenantSchema
  .extend({
    admin_key: z.object({
      id: z.string(),
      token: z.string().optional().openapi({ description: "Shown in this answer and never again." }),
      token_already_shown: z
        .literal(true)
        .optional()
        .openapi({ description: "On a replay under the same Idempotency-Key, which has no token." }),
    }),
  })
  .openapi("CreatedTenant");
export type CreatedTenant = z.infer<typeof createdTenantSchema>;

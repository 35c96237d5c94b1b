import { z } from "@hono/zod-openapi";
import { instantSchema, lineSchema } from "../text.ts";

export const createTenantSchema = z.strictObject({ name: lineSchema(128) }).openapi("CreateTenant");
export type CreateTenant = z.infer<typeof createTenantSchema>;

/** Names as inference deployments have them; `embedded` costs nothing. */
const paidEnginesSchema = z
  .array(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,31}$/))
  .max(32)
  .openapi({ description: "Router engines that cost money and that the tenant may use, by name." });

export const updateTenantSchema = z.strictObject({ paid_engines: paidEnginesSchema }).openapi("UpdateTenant");
export type UpdateTenant = z.infer<typeof updateTenantSchema>;

export const tenantSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(["active", "suspended", "deleting"]),
    paid_engines: paidEnginesSchema,
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

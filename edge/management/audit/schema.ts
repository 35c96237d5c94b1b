import { z } from "@hono/zod-openapi";
import { instantSchema } from "../text.ts";

export const auditEntrySchema = z
  .object({
    id: z.string(),
    /** Key id, or `operator`. */
    actor: z.string(),
    action: z.string(),
    target: z.object({ kind: z.string(), id: z.string() }),
    changes: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() })),
    request_id: z.string(),
    created_at: instantSchema,
  })
  .openapi("AuditEntry");

export type AuditEntryView = z.infer<typeof auditEntrySchema>;

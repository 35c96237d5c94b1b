import { z } from "@hono/zod-openapi";
import { beginsBeforeItEnds, instantFilter, pageQuery } from "../page.schema.ts";
import { instantSchema } from "../text.ts";

export const auditEntrySchema = z
  .object({
    id: z.string(),
    /** Key id, `operator`, or what changes a rollout by itself: `guardrails`, `schedule`. */
    actor: z.string(),
    action: z.string(),
    target: z.object({ kind: z.string(), id: z.string() }),
    changes: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() })),
    request_id: z.string(),
    created_at: instantSchema,
  })
  .openapi("AuditEntry");

export type AuditEntryView = z.infer<typeof auditEntrySchema>;

const word = (pattern: RegExp, description: string) =>
  z
    .string()
    .regex(pattern, `must match ${String(pattern)}`)
    .optional()
    .openapi({ description });

const filteredQuery = pageQuery("audit").extend({
  actor: word(
    /^(operator|guardrails|schedule|key_[0-9a-z]{26})$/,
    "Id of the key that did it, `operator`, `guardrails` or `schedule`.",
  ),
  action: word(/^[a-z_]{1,32}\.[a-z_]{1,32}$/, "What was done, as `resource.verb`."),
  target_kind: word(/^[a-z_]{1,32}$/, "Kind of what was changed, as `target.kind` has it."),
  target_id: word(/^[\x21-\x7e]{1,200}$/, "Id or slug of what was changed, as `target.id` has it."),
  from: instantFilter("The earliest instant, itself included."),
  to: instantFilter("The instant before which it was done."),
});
export const auditQuerySchema = filteredQuery.superRefine(beginsBeforeItEnds);
export type AuditFilter = Omit<z.infer<typeof auditQuerySchema>, "limit" | "cursor">;

import { z } from "@hono/zod-openapi";
import { guardrailsSchema } from "../../rollouts/guardrails.schema.ts";
import { shadowSchema } from "../../rollouts/shadow.schema.ts";
import { policyNameSchema, slugSchema, targetSchema } from "../../routing/router-document.ts";
import { instantSchema, lineSchema } from "../text.ts";

const percentSchema = z.number().min(0).max(100).openapi({ description: "Share of the policy's conversations." });

const shadow = shadowSchema.nullable().openapi({
  description:
    "Has the candidate answer copies of the control arm's requests too; the answers are metered and thrown away.",
});

export const createRolloutSchema = z
  .strictObject({
    router: slugSchema.openapi({ description: "Slug." }),
    policy: policyNameSchema.openapi({ description: "A policy of the router's published version." }),
    candidate: targetSchema.strict().openapi({ description: "What is to serve the policy instead of its target." }),
    percent: percentSchema,
    guardrails: guardrailsSchema.default({}).openapi({ description: "What aborts the rollout by itself." }),
    shadow: shadow.default(null),
  })
  .openapi("CreateRollout");
export type CreateRollout = z.infer<typeof createRolloutSchema>;

export const updateRolloutSchema = z
  .strictObject({ percent: percentSchema.optional(), shadow: shadow.optional() })
  .refine(({ percent, shadow }) => percent !== undefined || shadow !== undefined, "needs percent or shadow")
  .openapi("UpdateRollout");
export type UpdateRollout = z.infer<typeof updateRolloutSchema>;

export const abortRolloutSchema = z
  .strictObject({ reason: lineSchema(200).nullable().default(null) })
  .openapi("AbortRollout");

export const rolloutSchema = z
  .object({
    id: z.string(),
    router: z.string(),
    policy: z.string(),
    candidate: targetSchema,
    percent: z.number(),
    guardrails: guardrailsSchema,
    shadow,
    shadow_spent: z
      .object({ day: z.string(), tokens: z.number().int() })
      .nullable()
      .openapi({ description: "What copies took on the last day (UTC) there were any; null when there were none." }),
    status: z.enum(["running", "paused", "promoted", "aborted"]),
    reason: z.string().nullable().openapi({ description: "Why it was aborted." }),
    created_at: instantSchema,
    updated_at: instantSchema,
  })
  .openapi("Rollout");
export type RolloutView = z.infer<typeof rolloutSchema>;

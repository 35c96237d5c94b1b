import { z } from "@hono/zod-openapi";
import { guardrailsSchema } from "../../rollouts/guardrails.schema.ts";
import { policyNameSchema, slugSchema, targetSchema } from "../../routing/router-document.ts";
import { instantSchema, lineSchema } from "../text.ts";

const percentSchema = z.number().min(0).max(100).openapi({ description: "Share of the policy's conversations." });

export const createRolloutSchema = z
  .strictObject({
    router: slugSchema.openapi({ description: "Slug." }),
    policy: policyNameSchema.openapi({ description: "A policy of the router's published version." }),
    candidate: targetSchema.strict().openapi({ description: "What is to serve the policy instead of its target." }),
    percent: percentSchema,
    guardrails: guardrailsSchema.default({}).openapi({ description: "What aborts the rollout by itself." }),
  })
  .openapi("CreateRollout");
export type CreateRollout = z.infer<typeof createRolloutSchema>;

export const updateRolloutSchema = z.strictObject({ percent: percentSchema }).openapi("UpdateRollout");
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
    status: z.enum(["running", "paused", "promoted", "aborted"]),
    reason: z.string().nullable().openapi({ description: "Why it was aborted." }),
    created_at: instantSchema,
    updated_at: instantSchema,
  })
  .openapi("Rollout");
export type RolloutView = z.infer<typeof rolloutSchema>;

import { z } from "@hono/zod-openapi";
import { engineCandidateSchema } from "../../rollouts/engine-candidate.schema.ts";
import { guardrailsSchema } from "../../rollouts/guardrails.schema.ts";
import { scheduleSchema } from "../../rollouts/schedule.schema.ts";
import { shadowSchema } from "../../rollouts/shadow.schema.ts";
import { policyNameSchema, slugSchema, targetSchema } from "../../routing/router-document.ts";
import { instantSchema, lineSchema } from "../text.ts";

const percentSchema = z
  .number()
  .min(0)
  .max(100)
  .openapi({ description: "Share of the policy's, or router's, conversations." });

const candidate = z.union([targetSchema.strict(), engineCandidateSchema]);

const shadow = shadowSchema.nullable().openapi({
  description:
    "Has the candidate answer copies of the control arm's requests too; the answers are metered and thrown away.",
});

const ONE_SHARE = "needs either percent or schedule";
const oneShare = (given: { readonly percent?: unknown; readonly schedule?: unknown }): boolean =>
  (given.percent === undefined) !== (given.schedule === undefined);

export const createRolloutSchema = z
  .strictObject({
    router: slugSchema.openapi({ description: "Slug." }),
    policy: policyNameSchema.nullable().default(null).openapi({
      description: "A policy of the router's published version; null when the candidate is an engine.",
    }),
    candidate: candidate.openapi({
      description: "What is to serve the policy instead of its target, or which engine is to decide for the router.",
    }),
    percent: percentSchema.optional(),
    schedule: scheduleSchema.optional().openapi({ description: "Steps that widen the rollout, instead of `percent`." }),
    guardrails: guardrailsSchema.default({}).openapi({ description: "What aborts the rollout by itself." }),
    shadow: shadow.default(null),
  })
  .refine(oneShare, ONE_SHARE)
  .refine(({ policy, candidate: given }) => policy === null || !("engine" in given), {
    path: ["candidate", "engine"],
    message: "decides for all of a router: leave `policy` out",
  })
  .openapi("CreateRollout");
export type CreateRollout = z.infer<typeof createRolloutSchema>;

export const updateRolloutSchema = z
  .strictObject({
    percent: percentSchema.optional().openapi({ description: "Ends the rollout's schedule: the share stays." }),
    schedule: scheduleSchema.optional().openapi({ description: "Begins with its first step now." }),
    shadow: shadow.optional(),
  })
  .refine(({ percent, schedule }) => percent === undefined || schedule === undefined, ONE_SHARE)
  .refine((given) => Object.values(given).some((value) => value !== undefined), "needs percent, schedule or shadow")
  .openapi("UpdateRollout");
export type UpdateRollout = z.infer<typeof updateRolloutSchema>;

export const abortRolloutSchema = z
  .strictObject({ reason: lineSchema(200).nullable().default(null) })
  .openapi("AbortRollout");

export const rolloutSchema = z
  .object({
    id: z.string(),
    router: z.string(),
    policy: z.string().nullable(),
    candidate,
    percent: z.number(),
    schedule: scheduleSchema
      .extend({
        step: z.number().int().openapi({ description: "The step whose share is in force, from 1." }),
        state: z.enum(["running", "paused", "asking", "ended"]),
        step_ends_at: instantSchema.nullable().openapi({
          description: "When the step is over. A guarded rollout is widened once all of it has been judged.",
        }),
        step_remaining_ms: z.number().nullable().openapi({ description: "Of the step of a paused rollout." }),
      })
      .nullable(),
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

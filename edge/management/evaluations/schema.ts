import { z } from "@hono/zod-openapi";
import { measuredSchema } from "../../evaluation/measured.schema.ts";
import { goldenCaseInputSchema } from "../golden-cases/schema.ts";
import { instantSchema } from "../text.ts";

const revisionSchema = z.union([z.literal("draft"), z.number().int().min(1).max(999_999_999)]);

export const createEvaluationSchema = z
  .strictObject({
    revision: revisionSchema.default("draft"),
    cases: z
      .array(goldenCaseInputSchema)
      .min(1)
      .max(1_000)
      .optional()
      .openapi({ description: "What to run instead of the router's golden cases." }),
  })
  .openapi("CreateEvaluation");
export type CreateEvaluation = z.infer<typeof createEvaluationSchema>;

export const evaluationSchema = z
  .object({
    id: z.string(),
    revision: revisionSchema,
    document_digest: z.string().openapi({ description: "Of the whole document as it was; a gate compares it." }),
    policy_digest: z.string(),
    status: z.enum(["running", "finished", "cancelled"]),
    cases: z.number().int(),
    decided: z.number().int().openapi({ description: "Cases done so far." }),
    created_at: instantSchema,
    finished_at: instantSchema.nullable(),
  })
  .openapi("Evaluation");
export type EvaluationView = z.infer<typeof evaluationSchema>;

export const evaluationResultSchema = evaluationSchema
  .extend({
    engines: z.array(z.string()).openapi({ description: "`name@version`; more than one when it changed meanwhile." }),
    // As a union: a nullable reference is described as what is both an object and null.
    result: z.union([measuredSchema, z.null()]).openapi({ description: "Null until it is finished." }),
  })
  .openapi("EvaluationResult");
export type EvaluationResult = z.infer<typeof evaluationResultSchema>;

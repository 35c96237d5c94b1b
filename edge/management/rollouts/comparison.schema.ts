import { z } from "@hono/zod-openapi";
import { instantSchema } from "../text.ts";
import { rolloutSchema } from "./schema.ts";

export const comparisonQuerySchema = z.strictObject({
  exclude_inference_feedback: z.enum(["true", "false"]).optional().openapi({
    description:
      "Leaves out feedback that came with inference keys, which whoever holds one can give. Where absent, as the rollout's guardrail on feedback has it.",
  }),
});
export type ComparisonQuery = z.infer<typeof comparisonQuerySchema>;

const boundSchema = z.number().nullable().openapi({ description: "Null where so few requests give no bound." });

const estimateSchema = z
  .object({
    of: z.number().int().openapi({ description: "Requests it rests on." }),
    value: z.number(),
    low: boundSchema,
    high: boundSchema,
  })
  .openapi("Estimate");

const measureSchema = z
  .object({
    measure: z.string().openapi({
      description:
        "`error_rate`, `error`, `first_byte_p50`, `first_byte_p95`, `total_p50`, `total_p95`, `input_tokens`, `output_tokens`, `cost_usd`, `finish_reason`, `feedback`; " +
        "of a router's model: `agreement` (of copies, with what served), `fallback_rate`, `fallback`, `outcome`, `decide_p50`, `decide_p95`, " +
        "`confidence`, `routing_input_tokens`, `routing_output_tokens`, `routing_cost_usd`.",
    }),
    detail: z.string().nullable().openapi({
      description: "Which kind of error, finish reason or metric of feedback; null where there is but one.",
    }),
    unit: z.enum(["share", "ms", "tokens", "usd", "score", "probability"]),
    method: z.enum(["wilson", "order_statistics", "student_t"]).openapi({
      description:
        "How the interval was made: Wilson's score interval of a share, order statistics of a percentile (holds whatever the law of the times), Student's t of a mean.",
    }),
    arms: z.record(z.string(), estimateSchema.nullable()).openapi({ description: "By arm; null without requests." }),
    differences: z.record(z.string(), estimateSchema.nullable()).openapi({
      description: "By arm other than the control: how far it lies above the control, by recovery of variances.",
    }),
  })
  .openapi("Measure");

const guardrailStateSchema = z
  .object({
    guardrail: z.string(),
    state: z.enum(["waiting", "holding", "breached"]).openapi({
      description: "Waiting until the candidate has had the least number of requests, or of those with feedback.",
    }),
    requests: z.number().int().openapi({ description: "The candidate's, as far as they have been judged." }),
    chance: z.number().openapi({
      description: "Of evidence as strong as the strongest so far, at any look, had the candidate kept to its limit.",
    }),
    breach_at: z.number().openapi({ description: "The chance at which it is a breach." }),
  })
  .openapi("GuardrailState");

export const comparisonSchema = z
  .object({
    rollout: rolloutSchema,
    as_of: instantSchema,
    confidence: z.number().openapi({ description: "Chance with which each interval, alone, holds the true value." }),
    arms: z.record(
      z.string(),
      z.object({
        requests: z.number().int().openapi({ description: "Completed, failed or broken off." }),
        aborted: z.number().int().openapi({ description: "Whose callers went away; in no measure." }),
        censored: z.number().int().openapi({
          description:
            "Copies that were not made or cut off; in no measure, so where they are many, the rest are the short ones.",
        }),
        censored_by: z.record(z.string(), z.number().int()).openapi({
          description:
            "Why: `output_cap`, `deadline`, `request_over`, `client_gone`, `answer_too_large`, `budget`, `busy`, `hosted_tools`, or the error that kept the candidate from serving.",
        }),
        cost_usd: z.number().openapi({ description: "Of all of the arm's requests or copies together." }),
      }),
    ),
    guardrails: z.array(guardrailStateSchema),
    measures: z.array(measureSchema),
  })
  .openapi("RolloutComparison");
export type ComparisonView = z.infer<typeof comparisonSchema>;

import { z } from "@hono/zod-openapi";
import { metricSchema } from "../feedback/event.schema.ts";

const limit = {
  at_most: z.number().positive().max(1_000_000).optional(),
  times_control: z.number().min(1).max(10).optional(),
};
const oneLimit = (given: { at_most?: number | undefined; times_control?: number | undefined }): boolean =>
  (given.at_most === undefined) !== (given.times_control === undefined);
const ONE_LIMIT = "needs either at_most or times_control";

const share = { ...limit, at_most: z.number().gt(0).lt(1).optional() };
const limited = z.strictObject(share).refine(oneLimit, ONE_LIMIT);
const slow = z.strictObject({ ...share, over_ms: z.number().positive().max(3_600_000) }).refine(oneLimit, ONE_LIMIT);

const feedback = z
  .strictObject({
    metric: metricSchema,
    at_least: z.number().min(-1).max(1).optional().openapi({ description: "What the mean score must be." }),
    below_control: z
      .number()
      .min(0)
      .max(2)
      .optional()
      .openapi({ description: "How far the mean score may lie under the control's." }),
    exclude_inference_feedback: z.boolean().optional().openapi({
      description: "Leaves out feedback that came with inference keys, which whoever holds one can give.",
    }),
  })
  .refine(
    ({ at_least, below_control }) => (at_least === undefined) !== (below_control === undefined),
    "needs either at_least or below_control",
  );

/** What aborts a rollout by itself. Shares are of requests, `times_control` of their odds in the control arm. */
export const guardrailsSchema = z.strictObject({
  /** Requests the candidate must have had; of the feedback guardrail, requests with such feedback. */
  minimum_requests: z.number().int().min(1).max(1_000_000).optional(),
  /** Share of requests that failed, broke off, or were served only after a failed attempt. */
  error_rate: limited.optional(),
  /** Share of requests whose first byte came later than `over_ms`. */
  slow_first_byte: slow.optional(),
  /** Share of requests that took longer than `over_ms`. */
  slow_total: slow.optional(),
  /** US dollars a request; `times_control` of the control's mean. */
  cost_per_request: z.strictObject(limit).refine(oneLimit, ONE_LIMIT).optional(),
  /** Mean score of a metric of feedback: `at_least` so high, or not more than `below_control` under the control's. */
  feedback_score: feedback.optional(),
});
export type GuardrailsInput = z.infer<typeof guardrailsSchema>;

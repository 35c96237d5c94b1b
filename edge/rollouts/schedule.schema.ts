import { z } from "@hono/zod-openapi";

const MAX_MINUTES = 60 * 24 * 30;

const stepSchema = z.strictObject({
  percent: z.number().gt(0).max(100),
  for_minutes: z.number().int().min(1).max(MAX_MINUTES),
});

const widens = (steps: readonly { readonly percent: number }[]): boolean =>
  steps.every(({ percent }, index) => percent > (steps[index - 1]?.percent ?? 0));

/** How a rollout is widened by itself: each step for so long, then the owner is waited for. */
export const scheduleSchema = z.strictObject({
  steps: z
    .array(stepSchema)
    .min(1)
    .max(20)
    .refine(widens, "each step must be wider than the one before")
    .openapi({ description: "Shares of the policy's conversations, each wider than the one before." }),
  then: z.literal("ask").default("ask").openapi({ description: "The last share stays until the owner decides." }),
});
export type Schedule = z.infer<typeof scheduleSchema>;

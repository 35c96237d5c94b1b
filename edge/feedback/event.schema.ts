import { z } from "@hono/zod-openapi";
import { isId } from "../ids.ts";
import { instantInputSchema, lineSchema } from "../management/text.ts";
import { policyNameSchema } from "../routing/router-document.ts";

const MAX_COMMENT_LENGTH = 500;
const CONTROL_CHARACTERS = /(?![\t\n\r])\p{Cc}/u;

export const metricSchema = lineSchema(64).openapi({ description: "What was measured, such as `faithfulness`." });

/** What somebody, or something, thought of what a decision led to. */
export const feedbackEventSchema = z
  .strictObject({
    decision: z
      .string()
      .regex(/^dec_[0-7][0-9a-hjkmnp-tv-z]{25}$/, "must be the id of a decision")
      .refine((id) => isId("decision", id), "must be the id of a decision")
      .openapi({ description: "The answer's `x-signalbox-decision`; at most 30 days old." }),
    score: z.number().min(-1).max(1).openapi({ description: "Higher is better; thumbs are 1 and -1." }),
    metric: metricSchema.default("overall"),
    label: z
      .union([z.literal("other"), policyNameSchema])
      .nullable()
      .default(null)
      .openapi({ description: "The policy that would have been right, or `other`." }),
    comment: z
      .string()
      .min(1)
      .max(MAX_COMMENT_LENGTH)
      .refine((text) => !CONTROL_CHARACTERS.test(text) && text.isWellFormed(), "must not hold control characters")
      .nullable()
      .default(null)
      .openapi({ description: "Kept as it is, for people to read: no place for what must not be stored." }),
    given_at: instantInputSchema
      .optional()
      .openapi({ type: "string", format: "date-time", description: "When it was given; now when absent." }),
    event_id: z
      .string()
      .regex(/^[A-Za-z0-9._:/-]{1,128}$/, "1 to 128 of A-Z a-z 0-9 . _ : / -")
      .optional()
      .openapi({ description: "An event counts once, however often it is sent." }),
  })
  .openapi("FeedbackEvent");
export type FeedbackEvent = z.infer<typeof feedbackEventSchema>;

/** What examples say; commands put the reader's own decision in its place. */
export const EXAMPLE_EVENT: z.input<typeof feedbackEventSchema> = {
  decision: "dec_01k9zq3m8v7x5t2r4w6y8a0b1c",
  score: 1,
  metric: "helpfulness",
  event_id: "rating-4711",
};

import { z } from "@hono/zod-openapi";
import { metricSchema } from "../../feedback/event.schema.ts";
import { isId } from "../../ids.ts";
import { modelSlugSchema, policyNameSchema, slugSchema } from "../../routing/router-document.ts";
import { beginsBeforeItEnds, instantFilter, pageQuery } from "../page.schema.ts";
import { instantSchema } from "../text.ts";

const SOURCES = ["inference", "webhook"] as const;

/** The last word of one sender on one metric of one decision. */
export const feedbackSchema = z
  .object({
    id: z.string(),
    decision: z.string(),
    router: z.string().nullable().openapi({ description: "Of the decision, as are `policy`, `model` and `arm`." }),
    policy: z.string().nullable(),
    model: z.string().nullable(),
    arm: z.string().nullable(),
    metric: z.string(),
    score: z.number().openapi({ description: "From -1 to 1; higher is better." }),
    label: z.string().nullable().openapi({ description: "The policy that would have been right, or `other`." }),
    comment: z.string().nullable(),
    source: z.enum(SOURCES).openapi({ description: "`inference`: with an inference key, by whoever holds it." }),
    source_id: z.string().openapi({ description: "Id of the key or of the feedback source." }),
    given_at: instantSchema,
    created_at: instantSchema,
    updated_at: instantSchema.openapi({ description: "When the last word came in." }),
  })
  .openapi("Feedback");
export type FeedbackView = z.infer<typeof feedbackSchema>;

const filteredQuery = pageQuery("feedback").extend({
  router: slugSchema.optional().openapi({ description: "Slug." }),
  policy: policyNameSchema.optional(),
  model: modelSlugSchema.optional().openapi({ description: "Slug of the model that served." }),
  decision: z
    .string()
    .refine((id) => isId("decision", id), "must be the id of a decision")
    .optional(),
  metric: metricSchema.optional(),
  source: z.enum(SOURCES).optional(),
  from: instantFilter("The earliest instant it was given at, itself included."),
  to: instantFilter("The instant before which it was given."),
  format: z.enum(["json", "jsonl"]).default("json").openapi({
    description: "`jsonl`: all of it at once, one JSON object a line; `limit` does not apply.",
  }),
});
export const feedbackQuerySchema = filteredQuery.superRefine(beginsBeforeItEnds);
export type FeedbackFilter = Omit<z.infer<typeof feedbackQuerySchema>, "limit" | "cursor" | "format">;

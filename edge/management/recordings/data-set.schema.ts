import { createRoute, z } from "@hono/zod-openapi";
import { metricSchema } from "../../feedback/event.schema.ts";
import { needs, responses } from "../operation.schema.ts";
import { beginsBeforeItEnds } from "../page.schema.ts";
import { filters, params } from "./schema.ts";

const scoreFilter = (description: string) =>
  z
    .string()
    .regex(/^-?(1(\.0+)?|0?\.\d{1,9}|0)$/, "must be a number from -1 to 1")
    .transform(Number)
    .optional()
    .openapi({ type: "string", pattern: String.raw`^-?(1(\.0+)?|0?\.\d{1,9}|0)$`, description });

const FORMS = ["own", "promptfoo", "openai-evals"] as const;

export const dataSetQuerySchema = z
  .strictObject({
    form: z
      .enum(FORMS)
      .default("own")
      .openapi({
        description:
          "`own`: all there is. `promptfoo`: lines for its `tests`, with the variable `messages`. `openai-evals`: " +
          "samples with `input` and, as `ideal`, the answer; recordings without one are left out.",
      }),
    ...filters,
    metric: metricSchema.default("overall").openapi({ description: "The metric of feedback that scores are of." }),
    source: z.enum(["inference", "webhook"]).optional().openapi({ description: "Leaves other feedback out." }),
    min_score: scoreFilter("The lowest score; recordings without one are left out."),
    max_score: scoreFilter("The highest score; recordings without one are left out."),
  })
  .superRefine(beginsBeforeItEnds)
  .superRefine(({ min_score, max_score }, context) => {
    if (min_score === undefined || max_score === undefined || min_score <= max_score) return;
    context.addIssue({ code: "custom", path: ["min_score"], message: "must not be more than `max_score`" });
  });
export type DataSetQuery = z.infer<typeof dataSetQuerySchema>;

export const dataSet = createRoute({
  method: "get",
  path: "/routers/{slug}/data-set",
  ...needs("recordings:read"),
  tags: ["Recordings"],
  summary: "Export recordings with their policies, models and scores, one a line",
  description:
    "Newest first. A score is the mean of what each sender of feedback said last. Recordings whose " +
    "key is gone are left out. Leaves a row `recording.export` in " +
    "the audit log.",
  request: { params, query: dataSetQuerySchema },
  responses: responses(
    {
      status: 200,
      description: "The data set",
      content: {
        "application/jsonl": {
          schema: z.string().openapi({ description: "Lines of JSON, in the form that was asked for." }),
        },
      },
    },
    "not_found",
    "model_not_allowed",
    "validation_failed",
  ),
});

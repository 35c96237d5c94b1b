import { createRoute, z } from "@hono/zod-openapi";
import { measuredSchema } from "../../evaluation/measured.schema.ts";
import { isId } from "../../ids.ts";
import { slugSchema } from "../../routing/router-document.ts";
import {
  BODY_REFUSALS,
  ETAG,
  json,
  jsonBody,
  needs,
  responses,
  VERSION_REFUSALS,
  writeHeaders,
} from "../operation.schema.ts";

const TUNABLE = ["other_bias", "min_confidence"] as const;
const costSchema = z.number().min(0).max(1_000);

export const tuneInputSchema = z
  .strictObject({
    evaluation: z
      .string()
      .refine((id) => isId("evaluation", id), "must be an evaluation's id")
      .optional()
      .openapi({ description: "Taken instead of deciding now; needed for more than 200 golden turns." }),
    settings: z
      .array(z.enum(TUNABLE))
      .min(1)
      .max(TUNABLE.length)
      .default([...TUNABLE])
      .openapi({ description: "What may change; the rest stays as the draft has it." }),
    costs: z
      .strictObject({
        wrong: costSchema.min(0.001).default(1),
        unsure: costSchema.default(0.5),
      })
      .default({ wrong: 1, unsure: 0.5 })
      .openapi({ description: "What a turn costs that goes to the wrong policy, and one that is unsure." }),
    apply: z.boolean().default(false).openapi({ description: "Writes the draft, which If-Match must then name." }),
  })
  .openapi("Tune");
export type TuneInput = z.infer<typeof tuneInputSchema>;

const tunableSchema = z.object({ other_bias: z.number(), min_confidence: z.number() });
const gotSchema = z.string().nullable().openapi({ description: "Null when the router was unsure or routing failed." });
const chargeSchema = z.object({
  turns: z.number().int(),
  wrong: z.number().int(),
  unsure: z.number().int(),
  cost: z.number(),
});

const tuningSchema = z
  .object({
    engines: z.array(z.string()).openapi({ description: "`name@version`" }),
    costs: z.object({ wrong: z.number(), unsure: z.number() }),
    from: tunableSchema.openapi({ description: "What the draft had." }),
    to: tunableSchema.openapi({ description: "What is best on all cases; `from` when it does no better on others." }),
    improves: z.boolean(),
    applied: z.boolean().openapi({ description: "Whether the draft has been written." }),
    held_out: z
      .object({
        folds: z.number().int(),
        before: chargeSchema,
        after: chargeSchema,
        saved_per_case: z.object({
          of: z.number().int(),
          value: z.number(),
          low: z.number().nullable(),
          high: z.number().nullable(),
        }),
      })
      .openapi({
        description:
          "What to expect: each fifth of the cases, judged by values that were chosen on the others. The mean saving " +
          "of a case has its 95 % confidence interval.",
      }),
    before: measuredSchema,
    after: measuredSchema.openapi({ description: "On the cases that `to` was chosen on, hence flattering." }),
    flip_count: z.number().int(),
    flips: z
      .array(
        z.object({
          golden_case: z.string().nullable(),
          name: z.string().nullable(),
          turn: z.number().int().openapi({ description: "Place among the conversation's user messages, from 0." }),
          expected: z.string(),
          from: gotSchema,
          to: gotSchema,
        }),
      )
      .openapi({ description: "Golden turns that `to` judges otherwise, up to 200." }),
  })
  .openapi("Tuning");
export type Tuning = z.infer<typeof tuningSchema>;

export const tune = createRoute({
  method: "post",
  path: "/routers/{slug}/tune",
  ...needs("policies:write"),
  tags: ["Evaluations"],
  summary: "Tune the draft's bias of `other` and its minimum confidence on the golden cases",
  description:
    "Finds the values under which the router's golden turns cost least, and shows what they change. Nothing changes " +
    "unless cases that had no part in the choice are better off too. It takes 20 cases at least, and for the bias 5 " +
    "turns that expect `other` and 5 that expect a policy. Where the engine is a cascade, its bigger engine is asked " +
    "by the minimum confidence too: evaluate again after a change. What the router model takes is in the usage, under " +
    "`trials`.",
  request: {
    params: z.object({ slug: slugSchema }),
    headers: writeHeaders.extend({
      "if-match": z
        .string()
        .max(4096)
        .optional()
        .openapi({ description: "The draft's ETag, or `*`. Required with `apply`." }),
    }),
    body: jsonBody(tuneInputSchema, { costs: { wrong: 1, unsure: 0.5 }, apply: true }),
  },
  responses: responses(
    { ...json(200, "What was found, and the draft's version", tuningSchema), headers: ETAG },
    ...BODY_REFUSALS,
    "not_found",
    ...VERSION_REFUSALS,
    "too_few_golden_cases",
    "evaluation_stale",
    "routing_unavailable",
    "idempotency_key_reused",
  ),
});

import { z } from "@hono/zod-openapi";

const levelSchema = z.object({
  count: z.number().int(),
  right: z.number().int(),
  accuracy: z.number().nullable().openapi({ description: "0 to 1; null when nothing was counted." }),
});

const gotSchema = z
  .string()
  .nullable()
  .openapi({ description: "A policy's name or `other`; null when the router was unsure or routing failed." });

const missSchema = z
  .object({
    golden_case: z.string().nullable(),
    name: z.string().nullable(),
    turn: z.number().int().openapi({ description: "Place among the conversation's user messages, from 0." }),
    expected: z.string(),
    got: gotSchema,
  })
  .openapi("GoldenMiss");
export type Miss = z.infer<typeof missSchema>;

export const measuredSchema = z
  .object({
    turn: levelSchema,
    span: levelSchema.openapi({ description: "Runs of turns that expect the same." }),
    conversation: levelSchema.openapi({ description: "Conversations whose turns that want a policy are all right." }),
    abstentions: z.number().int().openapi({ description: "Turns of which the router was unsure." }),
    failures: z.number().int().openapi({ description: "Turns of which routing gave no decision." }),
    policies: z.array(
      z.object({
        policy: z.string(),
        expected: z.number().int(),
        chosen: z.number().int(),
        right: z.number().int(),
        precision: z.number().nullable(),
        recall: z.number().nullable(),
      }),
    ),
    confusion: z
      .array(z.object({ expected: z.string(), got: gotSchema, count: z.number().int() }))
      .openapi({ description: "What was taken for what, the most frequent first." }),
    reliability: z
      .array(
        z.object({
          from: z.number(),
          to: z.number(),
          count: z.number().int(),
          mean_confidence: z.number(),
          accuracy: z.number(),
        }),
      )
      .openapi({ description: "Decided turns by confidence; calibrated when the two last numbers agree." }),
    misses: z.array(missSchema).openapi({ description: "Turns that went wrong, up to 200." }),
  })
  .openapi("Measured");
export type Measured = z.infer<typeof measuredSchema>;

import { z } from "@hono/zod-openapi";
import { EXAMPLE_EVENT, feedbackEventSchema } from "./event.schema.ts";

const MAX_EVENTS = 500;

const batchSchema = z.strictObject({ events: z.array(feedbackEventSchema).min(1).max(MAX_EVENTS) });

const alone = feedbackEventSchema.transform((event) => ({ events: [event] }));

/** The schema of a message: a batch of events, or one event, which reads as a batch of one. */
export const webhookBodySchema = (body: unknown): z.ZodType<z.infer<typeof batchSchema>> =>
  typeof body === "object" && body !== null && "events" in body ? batchSchema : alone;

/** Either, as the API's description shows it. */
export const describedBodySchema = z.union([batchSchema, feedbackEventSchema]).openapi("FeedbackMessage");

export const EXAMPLE_BATCH: z.input<typeof batchSchema> = {
  events: [
    { ...EXAMPLE_EVENT, metric: "faithfulness", score: 0.9, event_id: "run-12/1" },
    { ...EXAMPLE_EVENT, metric: "answer relevance", score: -0.2, event_id: "run-12/2" },
  ],
};

export const toldSchema = z
  .object({
    recorded: z.number().int(),
    repeated: z.number().int().openapi({ description: "Events that had counted before." }),
    refused: z
      .array(
        z.object({
          index: z.number().int().openapi({ description: "The event's place in the message, from 0." }),
          code: z.string(),
          param: z.string().nullable(),
          message: z.string(),
        }),
      )
      .openapi({ description: "Events that do not count and would not if they came again." }),
  })
  .openapi("ReceivedFeedback");
export type Told = z.infer<typeof toldSchema>;

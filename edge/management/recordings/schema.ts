import { z } from "@hono/zod-openapi";
import { recordedMessageSchema } from "../../recordings/recorded.schema.ts";
import { modelSlugSchema, policyNameSchema, slugSchema } from "../../routing/router-document.ts";
import { conversationFilter } from "../decisions/schema.ts";
import { beginsBeforeItEnds, idParam, instantFilter, pageQuery } from "../page.schema.ts";
import { instantSchema, lineSchema } from "../text.ts";

export const params = z.object({ slug: slugSchema });
export const recordingParams = params.extend({ decision: idParam("decision") });

/** What lists show of a recording. */
export const recordingSchema = z
  .object({
    decision: z
      .string()
      .openapi({ description: "Id of the decision whose request was recorded; it names the recording." }),
    created_at: instantSchema,
    expires_at: instantSchema.openapi({
      description: "When it is removed; sooner if a version that keeps recordings for fewer days is published.",
    }),
    version: z.number().int(),
    outcome: z.enum(["matched", "other", "unsure"]).nullable(),
    policy: z.string().nullable(),
    model: z.string().nullable().openapi({ description: "What served it." }),
    arm: z.string().nullable(),
    usage: z.object({
      input_tokens: z.number().int().nullable(),
      cached_input_tokens: z.number().int().nullable(),
      output_tokens: z.number().int().nullable(),
      reasoning_tokens: z.number().int().nullable(),
    }),
    cost_usd: z.number().nullable(),
  })
  .openapi("Recording");
export type RecordingView = z.infer<typeof recordingSchema>;

/** A recording with what was said. */
export const openedRecordingSchema = recordingSchema
  .extend({
    messages: z.array(recordedMessageSchema).openapi({
      description: "The request's messages; of images, sounds and files the type alone.",
    }),
    truncated: z.boolean().openapi({ description: "Whether earlier messages were left out for their size." }),
    answer: z.string().nullable().openapi({ description: "Its text; null unless the router keeps answers." }),
  })
  .openapi("OpenedRecording");
export type OpenedRecording = z.infer<typeof openedRecordingSchema>;

/** What a recording does not say of the golden case that is made of it. */
export const caseOfRecordingSchema = z
  .strictObject({
    name: lineSchema(128).nullable().default(null),
    expected: z
      .union([z.literal("other"), policyNameSchema])
      .optional()
      .openapi({
        description: "The policy that is right for its latest turn, or `other`; the label of its feedback when absent.",
      }),
  })
  .openapi("CaseOfRecording");
export type CaseOfRecording = z.infer<typeof caseOfRecordingSchema>;

/** What lists, deletions and exports may be asked for. */
export const filters = {
  policy: policyNameSchema.optional(),
  model: modelSlugSchema.optional().openapi({ description: "Slug of the model that served." }),
  conversation: conversationFilter(),
  from: instantFilter("The earliest instant, itself included."),
  to: instantFilter("The instant before which requests came in."),
};

export const recordingQuerySchema = pageQuery("decision").extend(filters).superRefine(beginsBeforeItEnds);
export const deletionQuerySchema = z.strictObject(filters).superRefine(beginsBeforeItEnds);
export type RecordingFilter = z.infer<typeof deletionQuerySchema>;

export const deletedRecordingsSchema = z
  .object({
    deleted: z.number().int(),
    more: z.boolean().openapi({ description: "Whether there may be more: ask again." }),
  })
  .openapi("DeletedRecordings");
export type DeletedRecordings = z.infer<typeof deletedRecordingsSchema>;

import { z } from "zod";

/** A message as it is kept: what a model is told, without images, sounds and files, of which only the kind is left. */
export const recordedMessageSchema = z.object({
  role: z.string(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
  name: z.string().optional(),
  tool_call_id: z.string().optional(),
  tool_calls: z.array(z.looseObject({})).optional(),
});
export type RecordedMessage = z.infer<typeof recordedMessageSchema>;

/** What is sealed of a request: the conversation up to it, the answer where that is kept, what serving it took. */
export const recordedSchema = z.object({
  messages: z.array(recordedMessageSchema),
  /** Whether the conversation began earlier than it is kept. */
  truncated: z.boolean(),
  answer: z.string().nullable(),
  needs: z.object({
    images: z.boolean(),
    audio: z.boolean(),
    files: z.boolean(),
    tools: z.boolean(),
    responseFormat: z.boolean(),
    tokens: z.number(),
  }),
});
export type Recorded = z.infer<typeof recordedSchema>;

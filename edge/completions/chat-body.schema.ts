import { z } from "@hono/zod-openapi";
import type { Members } from "../upstream/json-members.ts";

/** A message as far as it is read here; whatever else it holds stays in it. */
export const messageSchema = z.looseObject({
  role: z.string().min(1),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
  tool_calls: z.array(z.looseObject({})).nullish(),
});

/** What routing reads of a chat-completions request. Anything else a client sends reaches the provider unread. */
const conversationFields = {
  model: z.string().min(1).max(256),
  messages: z.array(messageSchema).min(1),
  max_tokens: z.number().int().min(0).nullish(),
  max_completion_tokens: z.number().int().min(0).nullish(),
  tools: z.array(z.looseObject({ type: z.string() })).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  prompt_cache_key: z.string().nullish(),
  user: z.string().nullish(),
};

export const routeBodySchema = z.looseObject(conversationFields).openapi("RouteRequest");

export const chatBodySchema = z
  .looseObject({
    ...conversationFields,
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    n: z.number().int().min(1).max(128).nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
  })
  .openapi("ChatCompletionRequest");

export type RouteBody = z.infer<typeof routeBodySchema>;
export type ChatBody = z.infer<typeof chatBodySchema>;

/** A request that has passed its schema: what is read of it, and its members as the client wrote them. */
export interface Received<Body> {
  readonly body: Body;
  readonly members: Members;
}

/** What examples ask. */
export const EXAMPLE_CHAT = {
  model: "auto",
  messages: [{ role: "user", content: "Is clause 7 of this contract risky for us?" }],
};

import { z } from "@hono/zod-openapi";
import { modelSlugSchema, policyNameSchema, slugSchema } from "../../routing/router-document.ts";
import { decidingSchema, decisionRecordSchema, shownKindSchema } from "../../usage/decision-record.ts";
import { beginsBeforeItEnds, instantFilter, pageQuery } from "../page.schema.ts";
import { instantSchema } from "../text.ts";

const { shape: record } = decisionRecordSchema;

/** A receipt: what was decided, what served the request, what it took. Holds no prompt and no answer. */
export const decisionSchema = z
  .object({
    id: z.string(),
    created_at: instantSchema,
    request_id: z.string(),
    key_id: z.string(),
    kind: shownKindSchema,
    router: record.router,
    version: record.router_version,
    policy_digest: record.policy_digest,
    outcome: record.outcome.openapi({
      description: "Null when nothing was decided: an explicit model, or a fallback.",
    }),
    policy: record.policy,
    confidence: record.confidence,
    alternatives: record.alternatives,
    source: record.source.openapi({ description: "`engine`, `memo`, `explicit` or `fallback:<reason>`." }),
    engine: record.engine,
    unsure_reason: record.unsure_reason,
    conversation_key_source: record.conversation_key_source.openapi({
      description:
        "What told its conversation apart: `header` (`x-signalbox-conversation`), `prompt_cache_key`, `user`, or " +
        "`messages`, the first ones.",
    }),
    arm: record.arm,
    routing_arm: record.routing_arm.unwrap().openapi({ description: "Arm of the rollout of the router's own model." }),
    agrees: record.agrees.unwrap().openapi({
      description: "Of a copy of a decision: whether it came to what the served one did; null where either failed.",
    }),
    requested_model: record.requested_model,
    model: record.model,
    provider: record.provider,
    upstream_model: record.upstream_model,
    attempts: record.attempts,
    stream: record.stream,
    status: record.request_status,
    http_status: record.http_status,
    error_code: record.error_code,
    finish_reason: record.finish_reason,
    usage: z.object({
      input_tokens: record.input_tokens,
      cached_input_tokens: record.cached_input_tokens,
      output_tokens: record.output_tokens,
      reasoning_tokens: record.reasoning_tokens,
      estimated: record.estimated,
    }),
    cost_usd: record.cost_usd,
    routing_usage: z
      .object({
        input_tokens: z.number().int().nullable(),
        cached_input_tokens: z.number().int().nullable(),
        output_tokens: z.number().int().nullable(),
        cost_usd: z.number().nullable(),
      })
      .openapi({
        description: "What the router model's own calls took, apart from the answer; null where not counted.",
      }),
    deciding: decidingSchema.nullable().openapi({
      description:
        "Where the engine did more than read the turn: the engine of a cascade that decided, whether its bigger one was " +
        "asked and chose the same (`agreed`: null unless both chose something), and how many policies were shortlisted.",
    }),
    timings_ms: record.timings_ms,
  })
  .openapi("Decision");
export type DecisionView = z.infer<typeof decisionSchema>;

/** A conversation that a list may be asked for, by the name its client gave it. */
export const conversationFilter = () =>
  z
    .string()
    .min(1)
    .max(512)
    .refine((name) => !/\p{Cc}/u.test(name), "must not hold control characters")
    .optional()
    .openapi({
      description: "What the client named the conversation: `x-signalbox-conversation` and its substitutes.",
    });

const filteredQuery = pageQuery("decision").extend({
  router: slugSchema.optional().openapi({ description: "Slug." }),
  policy: policyNameSchema.optional(),
  model: modelSlugSchema.optional().openapi({ description: "Slug of the model that served." }),
  source: z
    .string()
    .regex(/^(engine|memo|explicit|fallback(:[a-z_]{1,32})?)$/, "must be engine, memo, explicit or fallback[:reason]")
    .optional()
    .openapi({ description: "`fallback` alone stands for all of its reasons." }),
  outcome: z.enum(["matched", "other", "unsure"]).optional(),
  conversation: conversationFilter(),
  from: instantFilter("The earliest instant, itself included."),
  to: instantFilter("The instant before which decisions were made."),
  format: z.enum(["json", "jsonl"]).default("json").openapi({
    description: "`jsonl`: all of them at once, one JSON object a line; `limit` does not apply.",
  }),
});
export const decisionQuerySchema = filteredQuery.superRefine(beginsBeforeItEnds);
export type DecisionFilter = Omit<z.infer<typeof decisionQuerySchema>, "limit" | "cursor" | "format">;

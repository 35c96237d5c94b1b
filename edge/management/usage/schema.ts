import { z } from "@hono/zod-openapi";
import { instantFilter } from "../page.schema.ts";
import { instantSchema } from "../text.ts";

export const USAGE_GROUPS = ["model", "policy", "key", "router"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

const isGroup = (name: string): name is UsageGroup => (USAGE_GROUPS as readonly string[]).includes(name);

export const usageQuerySchema = z.strictObject({
  group_by: z
    .string()
    .transform((text, context): UsageGroup[] => {
      const names = text.split(",");
      const groups = names.filter(isGroup);
      if (groups.length === names.length && new Set(groups).size === groups.length) return groups;
      context.addIssue({ code: "custom", message: `must be some of ${USAGE_GROUPS.join(",")}, each at most once` });
      return z.NEVER;
    })
    .optional()
    .openapi({ type: "string", example: "model,policy", description: `Some of ${USAGE_GROUPS.join(",")}.` }),
  bucket: z.enum(["hour", "day"]).default("day").openapi({ description: "In UTC." }),
  from: instantFilter(
    "The earliest instant, itself included; 30 days before `to` when absent. Where decisions are no longer kept, whole hours count.",
  ),
  to: instantFilter("The instant before which requests came in; now when absent."),
});
export type UsageQuery = z.infer<typeof usageQuerySchema>;

const count = z.number().int();

/** What the requests of one bucket and group took. Only the fields that `group_by` names are there. */
export const usageRowSchema = z
  .object({
    bucket: instantSchema.openapi({ description: "Where the hour or day begins." }),
    model: z.string().nullable().optional(),
    policy: z.string().nullable().optional(),
    key: z.string().optional().openapi({ description: "Id of the key." }),
    router: z.string().nullable().optional(),
    requests: count,
    errors: count.openapi({ description: "Requests that failed or whose stream was cut." }),
    input_tokens: count,
    cached_input_tokens: count,
    output_tokens: count,
    reasoning_tokens: count,
    estimated_requests: count.openapi({ description: "Requests whose tokens were estimated." }),
    cost_usd: z.number(),
    routing: z
      .object({ input_tokens: count, cached_input_tokens: count, output_tokens: count, cost_usd: z.number() })
      .openapi({
        description: "What the router model's own calls took, where it counts; decisions without an answer included.",
      }),
    shadow: z
      .object({ requests: count, input_tokens: count, output_tokens: count, cost_usd: z.number() })
      .openapi({ description: "What rollouts' copies of requests took; in none of the other sums." }),
    trials: z
      .object({
        decisions: count,
        input_tokens: count,
        cached_input_tokens: count,
        output_tokens: count,
        cost_usd: z.number(),
      })
      .openapi({
        description:
          "What the router model's calls for evaluations, tuning, gates and dry runs took, where it counts; in none " +
          "of the other sums. The key is the one that asked for them; of an evaluation from before keys were kept with " +
          "them, the evaluation's id.",
      }),
    latency_ms: z
      .object({ p50: z.number().nullable(), p95: z.number().nullable() })
      .openapi({ description: "From the request to the answer's last byte, of nearest rank, within 1 %." }),
  })
  .openapi("UsageRow");
export type UsageRowView = z.infer<typeof usageRowSchema>;

export const usageSchema = z.object({ from: instantSchema, to: instantSchema, data: z.array(usageRowSchema) });
export type UsageView = z.infer<typeof usageSchema>;

import { createRoute, z } from "@hono/zod-openapi";
import { messageSchema } from "../../completions/chat-body.schema.ts";
import { modelSlugSchema, policyNameSchema, slugSchema } from "../../routing/router-document.ts";
import { BODY_REFUSALS, json, jsonBody, needs, responses } from "../operation.schema.ts";
import { beginsBeforeItEnds, instantFilter } from "../page.schema.ts";

/** User messages that one call decides. */
export const MAX_TURNS = 400;

const revisionSchema = z.union([z.literal("draft"), z.number().int().min(1).max(999_999_999)]);

export const dryRunInputSchema = z.strictObject({
  from: revisionSchema.optional().openapi({ description: "What to compare with; the published version when absent." }),
  to: revisionSchema.default("draft"),
  conversations: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(128).optional(),
        messages: z.array(messageSchema).min(1).max(1_000),
      }),
    )
    .max(100)
    .default([]),
  recordings: z
    .strictObject({
      limit: z.number().int().min(1).max(MAX_TURNS).default(100),
      policy: policyNameSchema.optional(),
      model: modelSlugSchema.optional(),
      from: instantFilter("The earliest instant, itself included."),
      to: instantFilter("The instant before which requests came in."),
    })
    .superRefine(beginsBeforeItEnds)
    .optional()
    .openapi({
      description:
        "Decides the router's latest recorded requests too. Takes a key with scope `recordings:read` as well.",
    }),
  golden_cases: z.boolean().default(false).openapi({ description: "Decides the router's golden cases too." }),
});
export type DryRunInput = z.infer<typeof dryRunInputSchema>;

const outcomeSchema = z.enum(["matched", "other", "unsure"]).nullable();

const sideSchema = z.object({
  outcome: outcomeSchema.openapi({ description: "Null when routing failed." }),
  policy: z.string().nullable(),
  confidence: z.number().nullable(),
  source: z.string(),
  model: z.string().nullable().openapi({ description: "Null when no model of its target can serve the turn." }),
  input_cost_usd: z
    .number()
    .nullable()
    .openapi({ description: "Input tokens at the model's price; null when it has none. Estimated, unless recorded." }),
  cost_usd: z.number().nullable().openapi({
    description: "The tokens that a recorded request took, at the model's prices; null for any other turn.",
  }),
});
export type DryRunSide = z.infer<typeof sideSchema>;

const turnSchema = z
  .object({
    conversation: z.string().openapi({
      description: "Its `id`, else its place in the list, from 0. Of a recording, the id of its decision.",
    }),
    turn: z.number().int().openapi({ description: "Place among the conversation's user messages, from 0." }),
    from: sideSchema,
    to: sideSchema,
    policy_changed: z.boolean(),
    model_changed: z.boolean(),
    served: z
      .object({
        outcome: outcomeSchema,
        policy: z.string().nullable(),
        model: z.string().nullable(),
        cost_usd: z.number().nullable(),
      })
      .nullable()
      .openapi({ description: "What a recorded request led to at the time; null for any other turn." }),
  })
  .openapi("DryRunTurn");
export type DryRunTurn = z.infer<typeof turnSchema>;

const total = z.object({ from: z.number(), to: z.number() });
const dryRunSchema = z
  .object({
    from: revisionSchema,
    to: revisionSchema,
    turns: z.number().int(),
    policy_changes: z.number().int(),
    model_changes: z.number().int(),
    input_cost_usd: total.openapi({ description: "Over the turns that have a price on both sides." }),
    cost_usd: total.extend({ served: z.number(), turns: z.number().int() }).openapi({
      description:
        "Over the recorded turns, of which there are `turns`, that have a cost at the time and on both sides: by the " +
        "tokens that each took then, whichever model would answer.",
    }),
    data: z.array(turnSchema),
    flips: z.array(turnSchema).openapi({ description: "The turns of `data` whose policy or model changed." }),
  })
  .openapi("DryRun");
export type DryRun = z.infer<typeof dryRunSchema>;

export const dryRun = createRoute({
  method: "post",
  path: "/routers/{slug}/dry-run",
  ...needs("policies:write"),
  tags: ["Routers"],
  summary: "Decide conversations with two revisions and list what flips",
  description:
    "Every user message is decided with what stood before it, up to 400 in a call; of a recorded request the " +
    "latest. Nothing is served and nothing of the conversations kept; the audit log is told when recordings are used. " +
    "What the router model takes is in the usage, under `trials`.",
  request: {
    params: z.object({ slug: slugSchema }),
    body: jsonBody(dryRunInputSchema, {
      to: "draft",
      conversations: [{ id: "a", messages: [{ role: "user", content: "Is clause 7 of this contract risky for us?" }] }],
    }),
  },
  responses: responses(json(200, "What changes", dryRunSchema), ...BODY_REFUSALS, "not_found", "conflict"),
});

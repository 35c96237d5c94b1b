import { z } from "zod";

/** A route policy as the router model sees it: what the user wants done, never which model serves it. */
export const policySchema = z.object({ name: z.string().min(1).max(64), description: z.string().max(4000) });
export type Policy = z.infer<typeof policySchema>;

export const MAX_POLICIES = 200;
export const MAX_CONVERSATION_TURNS = 200;
export const MAX_CONVERSATION_CHARACTERS = 64_000;

/** One turn of a normalised conversation: text only, user and assistant only. */
export const turnSchema = z.object({ role: z.enum(["user", "assistant"]), content: z.string() });
export type Turn = z.infer<typeof turnSchema>;

export const conversationSchema = z
  .array(turnSchema)
  .min(1)
  .max(MAX_CONVERSATION_TURNS)
  .refine((turns) => turns.at(-1)?.role === "user", { message: "the last turn must be a user turn" });

const policiesSchema = z
  .array(policySchema)
  .min(1)
  .max(MAX_POLICIES)
  .refine((policies) => new Set(policies.map((p) => p.name)).size === policies.length, {
    message: "policy names must be unique",
  });

/** Body of `POST /v1/decide`. `deadlineMs` counts from the arrival of the request at the service. */
export const decideRequestSchema = z.object({
  contract: z.literal(1),
  policies: policiesSchema,
  conversation: conversationSchema,
  engine: z.string().max(64).optional(),
  /** Calibrated confidence (0..1) under which a cascade asks its bigger engine; absent or 0: the cascade's own. */
  escalateBelow: z.number().min(0).max(1).optional(),
  /**
   * What the caller will add to the log-odds of `other`: a cascade weighs its first engine's answer so before it escalates.
   * The scores of the answer are without it.
   */
  otherBias: z.number().min(-10).max(10).optional(),
  /** Opaque per-tenant token: salts shared caches and gives each tenant its share of admission. */
  isolation: z.string().max(128).optional(),
  /** Names of engines that cost money and that may be asked for this; absent: none. */
  paidEngines: z.array(z.string().max(64)).max(64).optional(),
  deadlineMs: z.number().int().min(1).max(60_000),
});
export type DecideRequest = z.infer<typeof decideRequestSchema>;

/** Probability of one policy; `policy: null` is `other`. */
export const scoreSchema = z.object({ policy: z.string().nullable(), probability: z.number().min(0).max(1) });
export type Score = z.infer<typeof scoreSchema>;

/**
 * Why a decision must count as unsure whatever its probabilities say: the model refused, it wanted none of the options, or
 * the bigger engine of a cascade gave no answer in time, so that asking again may bring a better one.
 */
export const unsureReasonSchema = z.enum(["refused", "outside_options", "late"]);
export type UnsureReason = z.infer<typeof unsureReasonSchema>;

/** What a model has read and written. Cached tokens are part of the prompt's. */
export const tokenCountsSchema = z.object({ prompt: z.number(), cached: z.number(), completion: z.number() });
export type TokenCounts = z.infer<typeof tokenCountsSchema>;

/** Answer of `POST /v1/decide`: calibrated, sums to 1, policies in published order, then `other` as `null`. */
export const decideResponseSchema = z.object({
  scores: z.array(scoreSchema).min(1),
  unsureReason: unsureReasonSchema.optional(),
  /** `name@version` of the engine that was asked. */
  engine: z.string().min(1),
  /** `name@version` of the engine of a cascade whose answer this is; absent when the engine is none. */
  decidedBy: z.string().min(1).optional(),
  /** Whether a cascade asked its bigger engine. */
  escalated: z.boolean(),
  /** Whether both engines of a cascade chose the same; absent unless both chose something: an `unsureReason` is no choice. */
  agreed: z.boolean().optional(),
  /** Milliseconds spent, by part. */
  timings: z.record(z.string(), z.number()),
  /** Of the engine whose answer this is. */
  tokens: tokenCountsSchema.optional(),
  /** Of the engine of a cascade that was asked before it, when that counts. */
  tokensBefore: z.object({ engine: z.string().min(1), tokens: tokenCountsSchema }).optional(),
  /** How many policies the deciding model was asked about, when that was not all of them: the likeliest ones. */
  shortlisted: z.number().int().optional(),
});
export type DecideResponse = z.infer<typeof decideResponseSchema>;

/** Body of `POST /v1/prepare`: warms everything an engine keeps per policy set. */
export const prepareRequestSchema = z.object({
  contract: z.literal(1),
  policies: policiesSchema,
  engine: z.string().max(64).optional(),
});
export const prepareResponseSchema = z.object({ policyDigest: z.string(), engine: z.string() });

/**
 * Body of `POST /v1/similarity`: cosine similarity of texts, by index pairs into `policies`. Nothing is decided among
 * them, so a name may be empty or stand there twice: a name and a description can be compared as entries of their own.
 */
export const similarityRequestSchema = z.object({
  contract: z.literal(1),
  policies: z
    .array(z.object({ name: z.string().max(64), description: z.string().max(4000) }))
    .min(1)
    .max(2 * MAX_POLICIES),
  engine: z.string().max(64).optional(),
});
/** `similarities[i][j]` in -1..1 between the texts of policies i and j. */
export const similarityResponseSchema = z.object({ similarities: z.array(z.array(z.number())), engine: z.string() });

/** Answer of `GET /v1/engines`. */
export const enginesResponseSchema = z.object({
  default: z.string(),
  engines: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      ready: z.boolean(),
      /** Tokens that are read of each policy's text, name and description; absent when all of it is. */
      policyTokens: z.number().int().optional(),
      /** Tokens that the texts of all policies together may take; absent when nothing bounds them. */
      promptTokens: z.number().int().optional(),
      /** Whether its decisions cost money, so that a tenant needs the operator's leave. */
      paid: z.boolean().optional(),
      /** How its probabilities were fitted to labelled decisions; absent when they are the model's own. */
      calibration: z
        .object({
          temperature: z.number(),
          otherBias: z.number(),
          /** ISO 8601. */
          fittedAt: z.string().optional(),
          /** Labelled decisions it was fitted to. */
          decisions: z.number().int().optional(),
          /** On conversations that were not fitted to. */
          expectedCalibrationError: z.number().optional(),
        })
        .optional(),
      /** Whether it was built from documentation and not yet held against a running server. */
      preview: z.boolean().optional(),
    }),
  ),
});

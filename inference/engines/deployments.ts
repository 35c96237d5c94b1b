import { z } from "zod";
import { calibrationSchema } from "../decide/calibration.ts";
import { PROMPT_FORMATS } from "../prompts/formats.ts";

/** One router model behind vLLM, as an operator configures it. */
const deploymentSchema = z.object({
  /** What a router's settings call this engine. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,31}$/)
    .refine((name) => name !== "default" && name !== "embedded", "is a reserved name"),
  /** Servers that hold the same model, each without `/v1`. */
  baseUrls: z
    .array(z.url({ protocol: /^https?$/ }))
    .min(1)
    .max(64),
  /** The model's name at the server. */
  model: z.string().min(1).max(256),
  format: z.enum(PROMPT_FORMATS),
  apiKey: z.string().min(1).optional(),
  calibration: calibrationSchema.optional(),
  /** Decisions in flight over all servers of this deployment. */
  concurrency: z.number().int().min(1).max(4096).default(32),
  /** Newest part of a conversation that is sent; the model's context window must hold it and the policies. */
  maxConversationCharacters: z.number().int().min(200).max(1_000_000).default(16_000),
  /** Tokens of the prompt that the texts of all policies may take: what the window leaves beside the conversation. */
  maxPolicyTokens: z.number().int().min(100).max(1_000_000).default(8_000),
});

export type Deployment = z.infer<typeof deploymentSchema>;

export const deploymentsSchema = z
  .array(deploymentSchema)
  .max(32)
  .refine((all) => new Set(all.map((one) => one.name)).size === all.length, "names must be unique");

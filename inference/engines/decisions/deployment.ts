import { z } from "zod";
import { calibrationSchema } from "../../decide/calibration.ts";
import { baseUrlsSchema, engineNameSchema } from "../deployment-fields.ts";
import { PROVIDER_NAMES } from "./providers.ts";

/** One decision model, as an operator configures it. */
export const decisionsDeploymentSchema = z.strictObject({
  kind: z.literal("decisions"),
  name: engineNameSchema,
  provider: z.enum(PROVIDER_NAMES),
  /** Servers that hold the same model, each without `/v1`; Workers AI: `…/client/v4/accounts/{account}/ai`. */
  baseUrls: baseUrlsSchema,
  /** The model's name at the server. */
  model: z.string().min(1).max(256),
  apiKey: z.string().min(1).optional(),
  calibration: calibrationSchema.optional(),
  /** Decisions in flight over all servers of this deployment. */
  concurrency: z.number().int().min(1).max(4096).default(32),
  /** Options of one question, `other` included; absent: the provider's. More policies than fit are shortlisted. */
  maxOptions: z.number().int().min(2).max(255).optional(),
  /** Newest part of a conversation that is sent; absent: the provider's. */
  maxConversationCharacters: z.number().int().min(200).max(1_000_000).optional(),
  /** Whether decisions cost money, so that a tenant needs the operator's leave; absent: yes for hosted providers. */
  paid: z.boolean().optional(),
});

export type DecisionsDeployment = z.infer<typeof decisionsDeploymentSchema>;

import { z } from "zod";
import { calibrationSchema } from "../decide/calibration.ts";
import { cascadeDeploymentSchema } from "../decide/cascade-deployment.ts";
import type { CascadeDeployment } from "../decide/cascade-deployment.ts";
import { PROMPT_FORMATS } from "../prompts/formats.ts";
import { decisionsDeploymentSchema } from "./decisions/deployment.ts";
import { baseUrlsSchema, engineNameSchema } from "./deployment-fields.ts";
import { embeddedDeploymentSchema } from "./embedded/deployment.ts";

/** One router model behind vLLM, as an operator configures it. */
const deploymentSchema = z.strictObject({
  /** `optional` lets the union below choose this schema when there is no kind. */
  kind: z.literal("vllm").optional().default("vllm"),
  name: engineNameSchema,
  /** Servers that hold the same model, each without `/v1`. */
  baseUrls: baseUrlsSchema,
  /** The model's name at the server. */
  model: z.string().min(1).max(256),
  format: z.enum(PROMPT_FORMATS),
  apiKey: z.string().min(1).optional(),
  calibration: calibrationSchema.optional(),
  /** Decisions in flight over all servers of this deployment. */
  concurrency: z.number().int().min(1).max(4096).default(32),
  /** Told to the model's chat template: `{"enable_thinking": false}` for models that would think before they answer. */
  chatTemplateKwargs: z.record(z.string(), z.json()).optional(),
  /** Tokens of a conversation that are sent at most, and less where the policies leave less of the model's window. */
  maxConversationTokens: z.number().int().min(50).max(1_000_000).default(2_000),
  /** Tokens of the prompt that the texts of all policies may take: what the window leaves beside the conversation. */
  maxPolicyTokens: z.number().int().min(100).max(1_000_000).default(8_000),
});

export type Deployment = z.infer<typeof deploymentSchema>;

export const deploymentsSchema = z
  .array(
    z.discriminatedUnion("kind", [
      cascadeDeploymentSchema,
      decisionsDeploymentSchema,
      embeddedDeploymentSchema,
      deploymentSchema,
    ]),
  )
  .max(32)
  .refine((all) => new Set(all.map((one) => one.name)).size === all.length, "names must be unique")
  .refine(cascadesHaveEngines, "a cascade must name two engines that are no cascades");

/** A cascade of cascades would have no one threshold. */
function cascadesHaveEngines(all: readonly { readonly kind: string; readonly name: string }[]): boolean {
  const plain = new Set(["embedded", ...all.filter(({ kind }) => kind !== "cascade").map(({ name }) => name)]);
  return all.every(
    (one) => !isCascade(one) || (one.first !== one.second && plain.has(one.first) && plain.has(one.second)),
  );
}

const isCascade = (one: { readonly kind: string }): one is CascadeDeployment => one.kind === "cascade";

import { z } from "zod";
import { engineNameSchema } from "../engines/deployment-fields.ts";

/** Two engines as one: the first decides what it is sure of, the second the rest. */
export const cascadeDeploymentSchema = z.strictObject({
  kind: z.literal("cascade"),
  name: engineNameSchema,
  /** Names of engines that are not cascades themselves. */
  first: z.string().min(1).max(32).default("embedded"),
  second: z.string().min(1).max(32),
  /** Calibrated confidence under which the second is asked when a router sets no `min_confidence`. */
  escalateBelow: z.number().min(0).max(1).default(0.5),
});

export type CascadeDeployment = z.infer<typeof cascadeDeploymentSchema>;

import { z } from "zod";
import { calibrationSchema } from "../../decide/calibration.ts";
import { engineNameSchema } from "../deployment-fields.ts";

/** Another version of the embedded model beside the one that always runs, such as newly trained weights on trial. */
export const embeddedDeploymentSchema = z.strictObject({
  kind: z.literal("embedded"),
  name: engineNameSchema,
  /** Folder with the model's graphs, tokenizer.json and model.json; absent: the shipped one, with another calibration. */
  directory: z.string().min(1).max(4096).optional(),
  calibration: calibrationSchema.optional(),
  /** Decisions that run at once. */
  concurrency: z.number().int().min(1).max(256).default(4),
  /** Encoder threads, each with the weights in memory. */
  threads: z.number().int().min(1).max(64).default(1),
});

import { z } from "zod";

/** Turns an engine's logits into probabilities that mean what they say; measured on held-out conversations. */
export const calibrationSchema = z.object({
  /** Above 1 flattens, below 1 sharpens. */
  temperature: z.number().min(0.01).max(100).default(1),
  /** Added to the logit of `other` before the temperature. */
  otherBias: z.number().min(-50).max(50).default(0),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** By engine name. */
export const calibrationsSchema = z.record(z.string(), calibrationSchema);

export const IDENTITY: Calibration = { temperature: 1, otherBias: 0 };

/** Probabilities over the policies and, last, `other`; they sum to 1. At least one logit must be finite. */
export function calibrate(logits: readonly number[], { temperature, otherBias }: Calibration): number[] {
  const scaled = logits.map((logit, index) => (index === logits.length - 1 ? logit + otherBias : logit) / temperature);
  const top = Math.max(...scaled);
  const weights = scaled.map((logit) => Math.exp(logit - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

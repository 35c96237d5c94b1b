import { z } from "zod";

/** How good the probabilities were on labelled decisions: mean negative log-likelihood, calibration error, share right. */
const figuresSchema = z.object({
  negativeLogLikelihood: z.number(),
  expectedCalibrationError: z.number(),
  accuracy: z.number(),
});
export type CalibrationFigures = z.infer<typeof figuresSchema>;

/** Where fitted numbers come from. */
const provenanceSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** The files, by name and SHA-256, with the conversations and labelled decisions in each. */
  data: z.array(
    z.object({ file: z.string(), sha256: z.string(), conversations: z.number().int(), decisions: z.number().int() }),
  ),
  /** Labelled decisions that were fitted to, and those left out because the engine itself was unsure. */
  decisions: z.number().int(),
  leftOut: z.number().int(),
  /** Labelled decisions for which a shortlist had left out the right policy: wrong in the figures, and not fitted to. */
  unlisted: z.number().int().default(0),
  before: figuresSchema,
  /** On conversations that each fit had not seen. */
  after: figuresSchema,
});

/** Turns an engine's logits into probabilities that mean what they say; measured on held-out conversations. */
export const calibrationSchema = z.strictObject({
  /** Above 1 flattens, below 1 sharpens. */
  temperature: z.number().min(0.01).max(100).default(1),
  /** Added to the logit of `other` before the temperature. */
  otherBias: z.number().min(-50).max(50).default(0),
  fitted: provenanceSchema.optional(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** By engine: `name@version`, which holds for one model and format, or `name`, which holds for whatever has the name. */
export const calibrationsSchema = z.record(z.string(), calibrationSchema);
export type Calibrations = z.infer<typeof calibrationsSchema>;

export const IDENTITY: Calibration = { temperature: 1, otherBias: 0 };

/** The calibration of an engine; a fitted one of another version of it does not count. */
export function calibrationFor(
  calibrations: Calibrations,
  { name, version }: { readonly name: string; readonly version: string },
): Calibration | undefined {
  return calibrations[`${name}@${version}`] ?? calibrations[name];
}

/** Keys that name none of these engines, in whatever version: they calibrate nothing. */
export function unusedKeys(calibrations: Calibrations, engines: readonly string[]): string[] {
  return Object.keys(calibrations).filter((key) => !engines.includes(key.split("@", 1)[0] ?? ""));
}

/** Probabilities over the policies and, last, `other`; they sum to 1. At least one logit must be finite. */
export function calibrate(
  logits: readonly number[],
  { temperature, otherBias }: Pick<Calibration, "temperature" | "otherBias">,
): number[] {
  const scaled = logits.map((logit, index) => (index === logits.length - 1 ? logit + otherBias : logit) / temperature);
  const top = Math.max(...scaled);
  const weights = scaled.map((logit) => Math.exp(logit - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

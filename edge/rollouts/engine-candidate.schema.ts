import { z } from "zod";
import { settingsSchema } from "../routing/router-document.ts";

const { engine, deadline_ms, min_confidence, other_bias } = settingsSchema.shape;

/** A router model on trial: an engine, and the settings it decides under where they are not the router's. */
export const engineCandidateSchema = z.strictObject({
  engine: engine.unwrap(),
  deadline_ms: deadline_ms.unwrap().optional(),
  min_confidence: min_confidence.unwrap().optional(),
  other_bias,
});
export type EngineCandidate = z.infer<typeof engineCandidateSchema>;

import type { EngineCandidate } from "../rollouts/engine-candidate.schema.ts";
import type { RouterSettings } from "./router-document.ts";

/** A router's settings as they are while a candidate engine decides, and once it is promoted. */
export function settingsUnder(settings: RouterSettings, candidate: EngineCandidate): RouterSettings {
  const { deadline_ms, min_confidence, other_bias } = settings;
  const bias = candidate.other_bias ?? other_bias;
  return {
    ...settings,
    engine: candidate.engine,
    deadline_ms: candidate.deadline_ms ?? deadline_ms,
    min_confidence: candidate.min_confidence ?? min_confidence,
    ...(bias !== undefined && { other_bias: bias }),
  };
}

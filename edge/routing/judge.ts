import type { Score } from "../../inference/contract/index.ts";
import type { Reading, Verdict } from "./decision.ts";
import type { RouterSettings } from "./router-document.ts";

/** Applies a router's thresholds to what the decider read. Of equally probable options the first published one wins. */
export function judge(reading: Reading, settings: RouterSettings): Verdict {
  const best = "scores" in reading ? mostProbable(reading.scores) : null;
  if (best === null || !("scores" in reading)) return { outcome: null, policy: null, confidence: null };
  const confidence = best.probability;
  if (reading.unsureReason !== null || confidence < settings.min_confidence) {
    return { outcome: "unsure", policy: null, confidence };
  }
  return { outcome: best.policy === null ? "other" : "matched", policy: best.policy, confidence };
}

function mostProbable(scores: readonly Score[]): Score | null {
  return scores.reduce<Score | null>(
    (best, score) => (best === null || score.probability > best.probability ? score : best),
    null,
  );
}

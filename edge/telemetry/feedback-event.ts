import { z } from "zod";
import type { TelemetryEvent } from "./otlp.ts";
import { traceIdsOf } from "./trace-ids.ts";

/** Stored feedback, without what people wrote. */
export const storedFeedbackSchema = z.object({
  tenant_id: z.string(),
  id: z.string(),
  decision_id: z.string(),
  router: z.string().nullable(),
  policy: z.string().nullable(),
  model: z.string().nullable(),
  arm: z.string().nullable(),
  source: z.string(),
  metric: z.string(),
  score: z.number(),
  label: z.string().nullable(),
  given_at: z.string(),
});
export type StoredFeedback = z.infer<typeof storedFeedbackSchema>;

/** Feedback as the GenAI conventions' event of an evaluation, about the span of the request it judges. */
export function feedbackEvent(feedback: StoredFeedback): TelemetryEvent {
  const { traceId, spanId } = traceIdsOf(feedback.decision_id);
  return {
    traceId,
    spanId,
    name: "gen_ai.evaluation.result",
    atMs: Date.parse(feedback.given_at),
    attributes: {
      "gen_ai.evaluation.name": feedback.metric,
      "gen_ai.evaluation.score.value": { double: feedback.score },
      "signalbox.tenant.id": feedback.tenant_id,
      "signalbox.decision.id": feedback.decision_id,
      "signalbox.feedback.id": feedback.id,
      "signalbox.feedback.source": feedback.source,
      "signalbox.feedback.label": feedback.label,
      "signalbox.router": feedback.router,
      "signalbox.policy": feedback.policy,
      "signalbox.model": feedback.model,
      "signalbox.arm": feedback.arm,
    },
  };
}

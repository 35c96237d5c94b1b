import { receiptHeaders } from "../routing/receipt.ts";
import type { Candidate } from "../routing/target.ts";
import { armOf, routingArmOf } from "./arms-of.ts";
import type { Plan } from "./plan.ts";
import type { RequestContext } from "./request-context.ts";

interface Served {
  readonly candidate: Candidate;
  readonly attempts: number;
  /** Null when the provider was not asked. */
  readonly upstreamMs: number | null;
}

/** The receipt headers of an answer; `served` is null when nothing can serve the request. */
export function receiptOf(context: RequestContext, plan: Plan, served: Served | null): Record<string, string> {
  const { routed } = plan;
  return receiptHeaders({
    decisionId: plan.decisionId,
    router: routed === null ? null : { slug: routed.router.slug, version: routed.router.version },
    verdict: routed?.verdict ?? null,
    source: routed?.reading.source ?? "explicit",
    arm: armOf(plan),
    routingArm: routingArmOf(plan),
    model: served?.candidate.model.slug ?? null,
    attempts: served?.attempts ?? 0,
    timings: {
      auth: context.authMs,
      decide: routed?.reading.decideMs ?? null,
      upstream: served?.upstreamMs ?? null,
    },
  });
}

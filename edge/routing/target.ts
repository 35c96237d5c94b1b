import { ok, refuse, type Result } from "../errors.ts";
import type { Model } from "../tenancy/snapshot.ts";
import { modelFits, missingCapability } from "./capabilities.ts";
import type { Needs, Verdict } from "./decision.ts";
import type { RouterDocument, Target } from "./router-document.ts";

/** A model that may serve a request, with the target whose parameters apply to it. */
export interface Candidate {
  readonly model: Model;
  readonly target: Target;
}

/** The target a verdict leads to. A router in mode `observe` decides and records, but serves its fallback. */
export function chooseTarget(document: RouterDocument, verdict: Verdict): Target {
  if (document.settings.mode === "observe") return document.fallback;
  if (verdict.outcome === "unsure") return document.unsure ?? document.fallback;
  if (verdict.outcome !== "matched" || verdict.policy === null) return document.fallback;
  // Policy names are free text: `toString` must not find what every object inherits.
  const target = Object.hasOwn(document.targets, verdict.policy) ? document.targets[verdict.policy] : undefined;
  return target ?? document.fallback;
}

/**
 * Models that can serve the request, in the order they are to be tried: the target's own, its fallbacks, then those of
 * `lastResorts` (the policy's own target behind a rollout's, the router's fallback). Refused when none can: 400 `no_capable_target` names the need, 403
 * `model_not_allowed` when only models that the key may not use could.
 */
export function candidates(
  target: Target,
  models: ReadonlyMap<string, Model>,
  needs: Needs,
  allowedModels: readonly string[] | null,
  ...lastResorts: readonly Target[]
): Result<Candidate[]> {
  const listed = inOrder([target, ...lastResorts], models);
  const capable = listed.filter(({ model }) => modelFits(model, needs));
  const allowed = capable.filter(({ model }) => allowedModels === null || allowedModels.includes(model.slug));
  if (allowed.length > 0) return ok(allowed);
  if (capable.length > 0) {
    const message = "This API key may use none of the models that could serve this.";
    return refuse("model_not_allowed", { message, param: "model" });
  }
  if (listed.length === 0) {
    return refuse("no_capable_target", { message: "None of the models this router names exists.", param: "model" });
  }
  const { need, param } = missingCapability(
    listed.map(({ model }) => model),
    needs,
  );
  return refuse("no_capable_target", { message: `No target of this router can serve ${need}.`, param });
}

function inOrder(targets: readonly Target[], models: ReadonlyMap<string, Model>): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const target of targets) {
    for (const slug of [target.model, ...(target.fallbacks ?? [])]) {
      const model = models.get(slug);
      if (model !== undefined && !found.has(slug)) found.set(slug, { model, target });
    }
  }
  return [...found.values()];
}

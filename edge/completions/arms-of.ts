import type { Arm } from "../routing/rollout-arm.ts";
import type { Plan } from "./plan.ts";

/** The rollout arm of a request as its receipt says it, such as `candidate@rol_…`; null without a rollout. */
export function armOf({ routed }: Pick<Plan, "routed">): string | null {
  return nameOf(routed?.split ?? null);
}

/** The same of the rollout of the router's own model. */
export function routingArmOf({ routed }: Pick<Plan, "routed">): string | null {
  return nameOf(routed?.routing ?? null);
}

const nameOf = (split: { readonly arm: Arm; readonly rollout: { readonly id: string } } | null): string | null =>
  split === null ? null : `${split.arm}@${split.rollout.id}`;

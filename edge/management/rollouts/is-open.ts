import type { RolloutView } from "./schema.ts";

/** Whether a rollout can still be changed: what was promoted or aborted stays so. */
export const isOpen = ({ status }: Pick<RolloutView, "status">): boolean => status === "running" || status === "paused";
